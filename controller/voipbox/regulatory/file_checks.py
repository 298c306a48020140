# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that people bring: their names, and their content as a process of its own judges it. Anything but one whole PDF, PNG
or JPEG is refused, two formats in one as well."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

from voipbox.core.errors import Fault, Refused
from voipbox.orders import text_rules

from .content_checks import LARGEST, MOST_PIXELS

__all__ = ["LARGEST", "MOST_PIXELS", "media_type", "name"]
_LONGEST_NAME = 120
_SECONDS = 20.0  # for one file, waiting for a processor included
_WAIT = 4.0  # seconds for one's turn: who waits holds a thread of the web server, of which there are few
_AT_ONCE = threading.BoundedSemaphore(2)  # files that one process of the web server judges at a time
_CODE = Path(__file__).resolve().parents[2]


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
    """application/pdf, image/png or image/jpeg. Raises Refused for everything else, and for what takes too long to read."""
    if len(content) > LARGEST:
        raise Refused([Fault("file", f"is larger than {LARGEST // 1024 // 1024} MB")])
    if not _AT_ONCE.acquire(timeout=_WAIT):
        raise Refused([Fault("file", "could not be looked at just now; bring it again in a minute")])
    try:
        done = subprocess.run(
            [sys.executable, "-s", "-m", "voipbox.regulatory.content_checks"],
            input=content, capture_output=True, timeout=_SECONDS, check=False, cwd="/",
            env={"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(_CODE), "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
        found = json.loads(done.stdout)
        kind, cause = str(found["kind"]), str(found["cause"])
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        kind, cause = "", "takes too long or too much to be read; save it as a plain PDF or picture"
    finally:
        _AT_ONCE.release()
    if cause or not kind:
        raise Refused([Fault("file", cause)])
    return kind
