# SPDX-License-Identifier: GPL-3.0-or-later
"""A file in a multipart request, kept in memory and never on disk: it is a person's paper, and nobody has encrypted it yet.

Django cuts a path off a file's name without a word; here the name stays as it was sent, so that it can be refused.
"""

from __future__ import annotations

import io
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from voipbox.core.errors import Fault, Refused

_FORM = 64 * 1024  # bytes for the fields and borders around the file


class _Parser(MultiPartParser):
    """Reads a form, and notes the names of files before Django changes them."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.names: list[str] = []

    def sanitize_file_name(self, file_name: str) -> str:
        """Django's own cleaning, after the name was noted."""
        self.names.append(file_name)
        return super().sanitize_file_name(file_name) or "file"


class _Memory(FileUploadHandler):
    """Keeps as much as is allowed; what is more ends the reading."""

    def __init__(self, largest: int) -> None:
        super().__init__()
        self._largest = largest
        self._content = io.BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Keep a piece."""
        if self._content.tell() + len(raw_data) > self._largest + 1:
            self._content.write(raw_data[: self._largest + 1 - self._content.tell()])
            raise StopUpload(connection_reset=False)
        self._content.write(raw_data)

    def file_complete(self, file_size: int) -> InMemoryUploadedFile | None:
        """Nothing is handed on: content() has it."""
        del file_size
        return None

    def content(self) -> bytes:
        """What came, one byte more than is allowed at most."""
        return self._content.getvalue()


def one_file(request: HttpRequest, field: str, largest: int) -> tuple[str, bytes, dict[str, str]]:
    """The file's name as it was sent, its bytes (more than largest when it is too large), and the form's other fields.

    Parameters: request, whose body was not read yet; field, of the file; largest, bytes. Raises Refused.
    """
    if request.content_type != "multipart/form-data":
        raise Refused([Fault(field, "is sent as multipart/form-data")])
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if length > largest + _FORM:
        raise Refused([Fault(field, f"is larger than {largest // 1024 // 1024} MB")])
    memory = _Memory(largest)
    parser: Any = None
    try:
        parser = _Parser(request.META, request, [memory], request.encoding)
        form, _ = parser.parse()
    except (MultiPartParserError, SuspiciousOperation, UnicodeDecodeError):
        raise Refused([Fault(field, "could not be read: the form is broken")]) from None
    if len(parser.names) != 1:
        raise Refused([Fault(field, "is required" if not parser.names else "is one file; send one at a time")])
    return parser.names[0], memory.content(), {name: str(form[name]) for name in form}
