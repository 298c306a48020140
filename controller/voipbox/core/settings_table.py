# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings as a table for people."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic_core import PydanticUndefined

from .config import Config

_ALIASES = {"database_url": "`DATABASE_URL` or `VOIPBOX_DATABASE_URL`"}
_NAMED = {"state_dir": "~/.local/state/voipbox", "run_dir": "/dev/shm", "collection_dir": "the repository"}


def markdown() -> str:
    """One line a setting: its variable, kind, default and meaning."""
    lines = ["| variable | kind | default | meaning |", "| --- | --- | --- | --- |"]
    for name, field in Config.model_fields.items():
        variable = _ALIASES.get(name, f"`VOIPBOX_{name.upper()}`")
        default = _NAMED.get(name) or _default(field.default)
        lines.append(f"| {variable} | {_kind(field.annotation)} | {default} | {field.description} |")
    return "\n".join(lines)


def _default(value: object) -> str:
    if value in (None, "", PydanticUndefined, []):
        return ""
    return f"`{value}`"


def _kind(annotation: object) -> str:
    if annotation is bool:
        return "true or false"
    if annotation in (int, Decimal):
        return "number"
    if get_origin(annotation) is Literal:
        return ", ".join(get_args(annotation))
    if annotation is str:
        return "text"
    return "path" if annotation is Path or "Path" in str(annotation) else "list"
