# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m voipbox_lab.providers.didww`: run the second provider's sandbox in the foreground until SIGTERM."""

from __future__ import annotations

import argparse
import os
import secrets
from pathlib import Path

from ..http_server import run
from .sandbox import Didww

KEY_FILE = "api_key"


def _read(path: Path) -> str:
    """What a file says. Raises SystemExit for one that says nothing."""
    text = path.read_text(encoding="utf-8").strip()
    if not text:
        raise SystemExit(f"{path} is empty: write the secret into it.")
    return text


def _make(given: argparse.Namespace) -> Didww:
    given.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    path: Path = given.api_key_file or given.state / KEY_FILE
    if given.api_key_file is None and not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(secrets.token_urlsafe(24) + "\n")
    secret = _read(given.callback_secret_file) if given.callback_secret_file else ""
    return Didww(given.state, _read(path), secret, wait=False)


def main() -> None:
    """Read the options and serve."""
    run(
        "voipbox_lab.providers.didww",
        __doc__,
        _make,
        ("--api-key-file", {"type": Path, "metavar": "FILE", "help": f"the API key; without it {KEY_FILE} in the state folder"}),
        ("--callback-secret-file", {"type": Path, "metavar": "FILE", "help": "signs callbacks; without it none is sent"}),
    )


if __name__ == "__main__":
    main()
