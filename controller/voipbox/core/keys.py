# SPDX-License-Identifier: GPL-3.0-or-later
"""The keys of the sealed fields: one file, one Fernet key a line, the newest first."""

from __future__ import annotations

import os
import secrets
import threading
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from .config import config
from .errors import SetUpError

_lock = threading.Lock()
_loaded: tuple[tuple[str, int, int], MultiFernet] | None = None


class SealBroken(SetUpError):
    """What is stored cannot be opened with the keys of this installation."""


class KeysInUse(SetUpError):
    """An old key may still be needed."""


def create_files() -> list[Path]:
    """Make the key files that are missing, 0600; returns those made."""
    made = []
    for path, content in ((config().keys, Fernet.generate_key().decode()), (config().secret_key, secrets.token_urlsafe(50))):
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_private(path, content + "\n")
            made.append(path)
    return made


def write_private(path: Path, text: str) -> None:
    """Replace a file at once; its owner alone may read it."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(path)


def read() -> list[str]:
    """The keys in the file, newest first. Raises SetUpError."""
    path = config().keys
    try:
        lines = [line.strip() for line in path.read_text().splitlines() if line.strip()]
    except OSError as error:
        raise SetUpError(
            f"The keys in {path} cannot be read ({error.strerror}). Run voipbox init, or name them in VOIPBOX_KEY_FILE."
        ) from None
    if not lines:
        raise SetUpError(f"{path} holds no key. Put back the file from your backup; without it nothing sealed can be read.")
    return lines


def ring() -> MultiFernet:
    """The keys, read again when the file has changed. Raises SetUpError."""
    global _loaded  # noqa: PLW0603 - one cache a process
    path = config().keys
    try:
        about = path.stat()
        mark = (str(path), about.st_mtime_ns, about.st_ino)
    except OSError:
        mark = (str(path), 0, 0)
    with _lock:
        if _loaded is None or _loaded[0] != mark:
            try:
                _loaded = (mark, MultiFernet([Fernet(key) for key in read()]))
            except ValueError:
                raise SetUpError(f"{path} holds a line that is no key. Put back the file from your backup.") from None
        return _loaded[1]


def seal(text: str) -> str:
    """Text as a token."""
    return ring().encrypt(text.encode()).decode()


def unseal(token: str) -> str:
    """The text of a token. Raises SealBroken; a wrong key never gives anything else."""
    try:
        return ring().decrypt(token.encode()).decode()
    except InvalidToken:
        raise SealBroken(
            f"A sealed value cannot be opened with the keys in {config().keys}. Nothing was changed. "
            "Put back the key file that belongs to this database."
        ) from None
