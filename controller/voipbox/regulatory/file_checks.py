# SPDX-License-Identifier: GPL-3.0-or-later
"""What a file really is, by its content. Anything but one whole PDF, PNG or JPEG is refused, two formats in one as well."""

from __future__ import annotations

import io
import re
import warnings
import zipfile

from PIL import Image

from voipbox.core.errors import Fault, Refused
from voipbox.orders import text_rules

from . import picture_ends

LARGEST = 10 * 1024 * 1024  # bytes, the provider's own limit is twice that
MOST_PIXELS = 80_000_000
_LONGEST_NAME = 120
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_PDF = b"%PDF-"
_HEAD = 1024  # how far programs look for the beginning of a PDF or a page
_LAST_LINES = re.compile(rb"startxref[\r\n ]+(\d{1,10})[\r\n ]+%%EOF[\r\n ]*\Z")
_CROSS_REFERENCE = re.compile(rb"\s*(xref\b|\d+\s+\d+\s+obj\b)")
_PROGRAM = re.compile(rb"<\?php|<script", re.IGNORECASE)
_PAGE = re.compile(rb"<(html|svg|!doctype|iframe|body)", re.IGNORECASE)


def name(given: str) -> str:
    """A file's name as it may be kept. Raises Refused for one with a path, or with what cannot be seen."""
    cause = text_rules.text(given)
    if "/" in given or "\\" in given or ":" in given or given.strip(". ") == "":
        cause = "holds a path; give the bare name of the file"
    elif len(given) > _LONGEST_NAME:
        cause = f"is longer than {_LONGEST_NAME} characters"
    if cause:
        raise Refused([Fault("file.name", cause)])
    return given.strip()


def media_type(content: bytes) -> str:
    """application/pdf, image/png or image/jpeg. Raises Refused for everything else."""
    cause = _size(content)
    kind = "" if cause else _kind(content)
    if not cause and not kind:
        cause = "is no PDF, PNG or JPEG: its first bytes are those of something else"
    if not cause:
        cause = _second_format(content, kind) or (_pdf(content) if kind == "application/pdf" else _picture(content, kind))
    if cause:
        raise Refused([Fault("file", cause)])
    return kind


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
    return "is locked with a password; save it without one" if b"/Encrypt" in content[table:] else None


def _picture(content: bytes, kind: str) -> str | None:
    if (picture_ends.png if kind == "image/png" else picture_ends.jpeg)(content) != len(content):
        return "is no whole picture: its end is missing, or something was put behind it"
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
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return "cannot be read as a picture"
    return None
