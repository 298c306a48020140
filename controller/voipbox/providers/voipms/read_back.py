# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes that may be made any number of times: where no answer came, what is there is looked at."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import OutcomeUnknown, Unconfirmed


def read_back(change: Callable[[], object], is_done: Callable[[], bool]) -> None:
    """Make a change. Raises Unconfirmed where no answer came and it is not done: it may still be
    done, and making it again later does no harm.
    """
    try:
        change()
        return
    except OutcomeUnknown as error:
        trouble = not_done(error)
    if not is_done():
        raise trouble


def not_done(doubt: OutcomeUnknown) -> Unconfirmed:
    """What a doubt becomes once the provider shows no change: what timed out was seen to be done later."""
    return Unconfirmed(f"{doubt} Read back: it is not done yet.", doubt.code)
