# SPDX-License-Identifier: GPL-3.0-or-later
"""Files in a form of a page: kept in memory and never on disk, for they are a person's papers and not encrypted yet."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt, csrf_protect

View = Callable[..., HttpResponse]
_FORM = 64 * 1024  # bytes for the fields and borders around the file


class _Memory(MemoryFileUploadHandler):
    """Takes a form up to a size; of a larger one no file is kept."""

    def __init__(self, largest: int) -> None:
        super().__init__()
        self._largest = largest

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, boundary: Any, encoding: Any = None) -> None:
        """Decide by the length that was told, which the reading keeps to."""
        self.activated = content_length <= self._largest + _FORM


def in_memory(largest: int) -> Callable[[View], View]:
    """A view whose form may hold files of so many bytes. The form's token is checked after the place for files is set."""

    def decorate(view: View) -> View:
        protected: View = csrf_protect(view)

        @csrf_exempt
        @functools.wraps(view)
        def prepared(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            request.upload_handlers = [_Memory(largest)]
            return protected(request, *args, **kwargs)

        return prepared

    return decorate
