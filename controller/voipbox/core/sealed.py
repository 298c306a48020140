# SPDX-License-Identifier: GPL-3.0-or-later
"""Model fields that are encrypted in the database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.lookups import IsNull

from . import keys

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    TextField = models.TextField[Any, Any]
else:
    TextField = models.TextField


class SealedText(TextField):
    """Text that is stored as a Fernet token. It cannot be searched. NULL and empty text stay what they are."""

    def get_prep_value(self, value: Any) -> Any:
        """The token of a value."""
        if value is None or value == "":
            return value
        return keys.seal(str(value))

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        """The value of a token. Raises SealBroken."""
        return value if value is None or value == "" else keys.unseal(value)

    def get_lookup(self, lookup_name: str) -> Any:
        """Only isnull: every other comparison would be with a token."""
        return IsNull if lookup_name == "isnull" else None


class SealedJSON(SealedText):
    """A JSON value that is stored as a Fernet token; default is an empty mapping."""

    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", dict)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def get_prep_value(self, value: Any) -> Any:
        """The token of a value; an empty mapping is an empty text."""
        return "" if value in (None, {}, "") else keys.seal(json.dumps(value, ensure_ascii=False))

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        """The value of a token. Raises SealBroken."""
        return {} if value in (None, "") else json.loads(keys.unseal(value))

    def to_python(self, value: Any) -> Any:
        """As given; a form hands JSON text."""
        return json.loads(value) if isinstance(value, str) and value else value
