# SPDX-License-Identifier: GPL-3.0-or-later
"""A secret that the next page shows and no other: sealed in the session, so that no copy of the database tells it."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest

from voipbox.core import keys


def keep(request: HttpRequest, name: str, value: Any) -> None:
    """Keep a value (text, or what JSON knows) for the next page."""
    request.session[name] = keys.seal(json.dumps(value))


def take(request: HttpRequest, name: str) -> Any:
    """The value, which is then gone; None where there is none, or its key is gone."""
    token = request.session.pop(name, None)
    if token is None:
        return None
    try:
        return json.loads(keys.unseal(token))
    except keys.SealBroken:
        return None
