# SPDX-License-Identifier: GPL-3.0-or-later
"""What a file really is, by its content, found out in a process of its own: python -m voipbox.regulatory.content_checks.

A file of a stranger may be made to keep its reader busy, or to fill its memory, or to use a fault of it. So it is read by a
process that has little time and memory, no secrets in its environment and nothing to write to. The content comes by standard
input; the answer is JSON: {"kind": ...} or {"cause": ...}.
"""

from __future__ import annotations

import io
import json
import re
import resource
import sys
import warnings
import zipfile

from PIL import Image

from . import picture_ends

LARGEST = 10 * 1024 * 1024  # bytes, the provider's own limit is twice that
MOST_PIXELS = 80_000_000
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_PDF = b"%PDF-"
_HEAD = 1024  # how far programs look for the beginning of a PDF or a page
_LAST_LINES = re.compile(rb"startxref[\r\n ]+(\d{1,10})[\r\n ]+%%EOF[\r\n ]*\Z")
_CROSS_REFERENCE = re.compile(rb"\s*(xref\b|\d+\s+\d+\s+obj\b)")
_PROGRAM = re.compile(rb"<\?php|<script", re.IGNORECASE)
_PAGE = re.compile(rb"<(html|svg|!doctype|iframe|body)", re.IGNORECASE)


MOST_SCANS = 24  # a progressive picture has about ten; each is decoded over the whole picture
_MOST_PAGES = 200
_CPU_SECONDS = 10
_MEMORY = 1024 * 1024 * 1024  # bytes


def media_type(content: bytes) -> tuple[str, str]:
    """(application/pdf, image/png or image/jpeg; "") or ("", why the file is refused)."""
    cause = _size(content)
    kind = "" if cause else _kind(content)
    if not cause and not kind:
        cause = "is no PDF, PNG or JPEG: its first bytes are those of something else"
    if not cause:
        cause = _second_format(content, kind) or (_pdf(content) if kind == "application/pdf" else _picture(content, kind))
    return ("", cause) if cause else (kind, "")


def _size(content: bytes) -> str | None:
    if not content:
        return "is empty"
    return f"is larger than {LARGEST // 1024 // 1024} MB" if len(content) > LARGEST else None


def _kind(content: bytes) -> str:
    for mark, kind in ((_PDF, "application/pdf"), (_PNG, "image/png"), (_JPEG, "image/jpeg")):
        if content.startswith(mark):
            return kind
    return ""


def _second_format(content: bytes, kind: str) -> str | None:
    """Why a file would be read as something else by another program."""
    if kind != "application/pdf" and _PDF in content[:_HEAD]:
        return "is a picture and a PDF at once"
    if zipfile.is_zipfile(io.BytesIO(content)):
        return "holds an archive besides"
    if _PROGRAM.search(content) or _PAGE.search(content[:_HEAD]):
        return "holds a program or a web page besides"
    return None


def _pdf(content: bytes) -> str | None:
    end = _LAST_LINES.search(content[-_HEAD:])
    if end is None:
        return "is no whole PDF: its end is missing, or something was put behind it"
    table = int(end[1])
    if not _CROSS_REFERENCE.match(content[table : table + 64]):
        return "is no whole PDF: its table of contents is not where it says"
    if b"/Encrypt" in content[table:]:
        return "is locked with a password; save it without one"
    return _parsed_pdf(content)


def _parsed_pdf(content: bytes) -> str | None:
    import pikepdf  # noqa: PLC0415 - pictures do without it

    try:
        with pikepdf.open(io.BytesIO(content)) as pdf:
            if pdf.is_encrypted:
                return "is locked with a password; save it without one"
            if not 1 <= len(pdf.pages) <= _MOST_PAGES:
                return f"has no page, or more than {_MOST_PAGES}"
            names = pdf.Root.get("/Names", pikepdf.Dictionary())
            if "/JavaScript" in names or "/EmbeddedFiles" in names or ("/OpenAction" in pdf.Root and _acts(pdf.Root.OpenAction)):
                return "holds a program or another file inside"
    except (pikepdf.PdfError, ValueError, TypeError, AttributeError, RecursionError):
        return "cannot be read as a PDF"
    return None


def _acts(action: object) -> bool:
    """True for an action that does more than to show a page."""
    kind = action.get("/S") if hasattr(action, "get") else None
    return kind is not None and str(kind) not in ("/GoTo", "/Named")


def _picture(content: bytes, kind: str) -> str | None:
    if (picture_ends.png if kind == "image/png" else picture_ends.jpeg)(content) != len(content):
        return "is no whole picture: its end is missing, or something was put behind it"
    if kind == "image/jpeg" and picture_ends.scans(content) > MOST_SCANS:
        return f"is stored in more than {MOST_SCANS} passes; save it as a plain picture"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    return f"has more than {MOST_PIXELS // 1_000_000} million pixels"
                picture.verify()
            if kind == "image/jpeg":
                with Image.open(io.BytesIO(content), formats=("JPEG",)) as picture:
                    picture.draft("RGB", (200, 200))  # reads everything, but keeps a small picture
                    picture.load()
    except (OSError, SyntaxError, ValueError, MemoryError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return "cannot be read as a picture"
    return None


def main() -> int:
    """Read, judge, answer."""
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    kind, cause = media_type(sys.stdin.buffer.read(LARGEST + 1))
    json.dump({"kind": kind, "cause": cause}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
