# SPDX-License-Identifier: GPL-3.0-or-later
"""FusionPBX's tables in the shape of one of its versions.

As FusionPBX makes them: one uuid as primary key and plain indexes on the columns that refer to another table; no column
is required, none has a default, nothing is unique and nothing is a foreign key.
"""

from __future__ import annotations

import functools
import importlib.resources
import json
from typing import Any

from .errors import LabError

SHAPES = ("5.5", "5.4")
_NAME_LENGTH = 63  # of an identifier in PostgreSQL


@functools.cache
def shape_of(shape: str) -> dict[str, Any]:
    """A shape as data: {"fusionpbx": version, "tables": {table: {"primary_key", "columns": {name: type}, "indexes"}}}.

    shape: "5.5" (real booleans) or "5.4" (booleans as text). Raises LabError for another one.
    """
    if shape not in SHAPES:
        raise LabError(f"There is no shape {shape!r}; known are {', '.join(SHAPES)}.")
    text = importlib.resources.files(__package__).joinpath("shapes", f"shape-{shape}.json").read_text()
    data: dict[str, Any] = json.loads(text)
    return data


def columns_of(shape: str, table: str) -> dict[str, str]:
    """Column names and PostgreSQL types of a table; empty when the shape has no such table."""
    found: dict[str, str] = shape_of(shape)["tables"].get(table, {}).get("columns", {})
    return found


def statements(shape: str) -> str:
    """The SQL that makes all tables and indexes of a shape."""
    lines = []
    for table, facts in shape_of(shape)["tables"].items():
        columns = ", ".join(
            f"{name} {kind}" + (" PRIMARY KEY" if name == facts["primary_key"] else "") for name, kind in facts["columns"].items()
        )
        lines.append(f"CREATE TABLE {table} ({columns});")
        lines.extend(f"CREATE INDEX {f'{table}_{name}_fkey'[:_NAME_LENGTH]} ON {table} ({name});" for name in facts["indexes"])
    return "\n".join(lines)
