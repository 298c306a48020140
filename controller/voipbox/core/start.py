# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing Django up outside of a web server."""

from __future__ import annotations

import os

from .errors import SetUpError


def settings_fit() -> None:
    """Raise SetUpError in one clear line when a setting does not fit."""
    from pydantic import ValidationError  # noqa: PLC0415 - only where it is needed

    from .config import config  # noqa: PLC0415 - as pydantic

    try:
        config()
    except ValidationError as error:
        words = "; ".join(f"VOIPBOX_{str(item['loc'][0]).upper()}: {item['msg']}" for item in error.errors(include_input=False))
        raise SetUpError(f"A setting does not fit. {words}") from None


def django_ready() -> None:
    """Make models and database usable in this process. Raises SetUpError in one clear line."""
    settings_fit()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voipbox.core.settings")
    import django  # noqa: PLC0415 - only where it is needed: it takes half a second

    django.setup()
