# SPDX-License-Identifier: GPL-3.0-or-later
"""What an action refused, for forms and messages."""

from __future__ import annotations

from voipbox.core.errors import Refused, VoipboxError
from voipbox.providers.errors import ProviderError

from .. import field_names


def by_field(error: Refused) -> dict[str, list[str]]:
    """Sentences by the field they are about."""
    found: dict[str, list[str]] = {}
    for fault in error.faults:
        found.setdefault(fault.field, []).append(fault.cause)
    return found


def words(error: VoipboxError) -> str:
    """One message: what happened and what to do."""
    if isinstance(error, Refused):
        return field_names.sentences(error.faults)
    return error.sentence if isinstance(error, ProviderError) else field_names.spoken(str(error))
