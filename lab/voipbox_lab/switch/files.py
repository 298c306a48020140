# SPDX-License-Identifier: GPL-3.0-or-later
"""FusionPBX's file cache as the switch uses it: written only where absent, never expired."""

from __future__ import annotations

from pathlib import Path


class FileCache:
    """Parameters: folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _path(self, key: str) -> Path:
        return self.folder / key.replace(":", ".")

    def get(self, key: str) -> str | None:
        """The text kept under a key."""
        try:
            return self._path(key).read_text(encoding="utf-8")
        except OSError:
            return None

    def set(self, key: str, text: str) -> None:
        """Keep a text, unless the key has one."""
        path = self._path(key)
        if not path.exists():
            path.write_text(text, encoding="utf-8")

    def delete(self, key: str) -> bool:
        """Forget a key; told as done whether it was there or not."""
        self._path(key).unlink(missing_ok=True)
        return True
