"""Good files to bring, and bad ones."""

from __future__ import annotations

import io
import zipfile

from PIL import Image


def png(mark=b"") -> bytes:
    """A small picture; mark stands in a text chunk."""
    from PIL.PngImagePlugin import PngInfo

    out, info = io.BytesIO(), PngInfo()
    info.add_text("Comment", mark.decode())
    Image.new("RGB", (40, 30), (10, 90, 200)).save(out, "PNG", pnginfo=info)
    return out.getvalue()


def jpeg(progressive=False) -> bytes:
    """A small photograph."""
    out = io.BytesIO()
    Image.effect_noise((64, 48), 40).convert("RGB").save(out, "JPEG", progressive=progressive, quality=80)
    return out.getvalue()


def pdf(text=b"A bill", extra=b"") -> bytes:
    """A whole PDF of one page, with a cross-reference table."""
    stream = b"BT /F1 24 Tf 72 720 Td (" + text + b") Tj ET"
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length " + str(len(stream)).encode() + b" >>\nstream\n" + stream + b"\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        offsets.append(len(out))
        out += str(number).encode() + b" 0 obj\n" + part + b"\nendobj\n"
    table = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + b"trailer\n<< /Size 6 /Root 1 0 R" + extra + b" >>\nstartxref\n" + str(table).encode() + b"\n%%EOF\n"


def archive(comment=b"") -> bytes:
    """A ZIP archive; a comment stands at its end."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as held:
        held.writestr("evil.class", b"code")
        held.comment = comment
    return out.getvalue()
