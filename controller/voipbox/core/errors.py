# SPDX-License-Identifier: GPL-3.0-or-later
"""Refusals and faults that people see. Each says what happened, what was not done and what is safe next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class VoipboxError(Exception):
    """Base of everything that is told to a person as a sentence instead of a traceback."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong with an input: the path of its field and the cause."""

    field: str
    cause: str

    def __str__(self) -> str:
        return f"{self.field}: {self.cause}"


class Refused(VoipboxError):
    """Input that is refused before anything was written. faults: one a field."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = list(faults)
        super().__init__("; ".join(str(fault) for fault in faults))


class MoveRefused(VoipboxError):
    """An action that does not fit the state of things, or came second. Nothing was changed."""


class NotAllowed(VoipboxError):
    """An action that this person or token may not do. Nothing was changed."""


class NotThere(VoipboxError):
    """Something that does not exist, or not for this person."""


class SetUpError(VoipboxError):
    """The installation cannot work as it is set up."""
