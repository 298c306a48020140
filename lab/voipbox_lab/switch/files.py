# SPDX-License-Identifier: GPL-3.0-or-later
"""FusionPBX's file cache as the switch uses it: written only where absent, never expired.

It is asked for every call and question, so reading takes plain paths instead of Path objects.
"""

from __future__ import annotations

import os
from pathlib import Path


class FileCache:
    """Parameters: folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._root = str(folder)

    def _place(self, key: str) -> str:
        return f"{self._root}/{key.replace(':', '.')}"

    def get(self, key: str) -> str | None:
        """The text kept under a key."""
        try:
            with open(self._place(key), encoding="utf-8") as source:  # noqa: PTH123
                return source.read()
        except OSError:
            return None

    def has(self, key: str) -> bool:
        """Whether a text is kept under a key."""
        return os.path.exists(self._place(key))  # noqa: PTH110

    def set(self, key: str, text: str) -> None:
        """Keep a text, unless the key has one."""
        path = Path(self._place(key))
        if not path.exists():
            path.write_text(text, encoding="utf-8")

    def delete(self, key: str) -> bool:
        """Forget a key; told as done whether it was there or not."""
        Path(self._place(key)).unlink(missing_ok=True)
        return True
