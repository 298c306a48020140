# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors of the engine: what happened, what was not done, what is safe to do next."""

from __future__ import annotations

import traceback


class EngineError(Exception):
    """Base of every error that a user is meant to read.

    Parameters: what (one sentence), not_done (what was left alone), next_step (what is safe to do now).
    """

    def __init__(self, what, not_done="Nothing was written.", next_step=""):
        super().__init__(what)
        self.what = what
        self.not_done = not_done
        self.next_step = next_step

    def __str__(self):
        return " ".join(part for part in (self.what, self.not_done, self.next_step) if part)


class BadInput(EngineError):
    """A value was refused before anything was written; field is its path in the tenant file."""

    def __init__(self, field, cause, next_step="Correct the value and run again."):
        super().__init__("{0}: {1}.".format(field, cause.rstrip(".")), next_step=next_step)
        self.field = field
        self.cause = cause


class Conflict(EngineError):
    """The database holds something that this change would contradict (duplicates, a number of another tenant)."""


class SchemaError(EngineError):
    """The FusionPBX tables lack something, or have a type, that this collection does not know."""


class DatabaseError(EngineError):
    """The database refused, or could not be reached."""


class SwitchError(EngineError):
    """The event socket could not be reached, or the switch did not do what it was asked."""


def place_of(error):
    """Kind and place (file:line) of an exception that nobody foresaw; its text may hold values, so it is left out."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return type(error).__name__, "{0}:{1}".format(place.filename.rsplit("/", 1)[-1], place.lineno)
