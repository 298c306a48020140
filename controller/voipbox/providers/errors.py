# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong at a provider, as types. No text of them holds a credential.

A driver raises nothing else. Each says what an operator can do; what a caller does with a purchase hangs on the type
alone: Temporary and Refusal are certain, Unconfirmed and OutcomeUnknown are not.
"""

from __future__ import annotations

from collections.abc import Sequence

from voipbox.core.errors import Fault, VoipboxError


class ProviderError(VoipboxError):
    """Base. Parameters: words, a sentence for an operator; code, the provider's own, as it came; faults, a cause a field."""

    advice = "Look at the provider's portal, then try again."

    def __init__(self, words: str, code: str = "", faults: Sequence[Fault] = ()) -> None:
        self.code = code
        self.faults = list(faults)
        super().__init__(words)

    @property
    def sentence(self) -> str:
        """What happened and what to do."""
        return f"{self} {self.advice}"


class Temporary(ProviderError):
    """Nothing was done at the provider; the same call may succeed later."""

    advice = "Nothing was done there; it is tried again by itself."


class NothingSent(Temporary):
    """No connection came about, so the provider never saw the call."""

    advice = "The provider was not reached, so nothing was done there. Check the network and the account's address."


class RateLimited(Temporary):
    """Too many calls in a time. retry_after: seconds to wait."""

    advice = "It is tried again after a pause by itself."

    def __init__(self, words: str, code: str = "", retry_after: float = 60.0) -> None:
        self.retry_after = retry_after
        super().__init__(words, code)


class Busy(RateLimited):
    """Too many people of this program ask the account at once; the provider was not asked."""

    advice = "Try again in a few seconds."

    def __init__(self, words: str) -> None:
        super().__init__(words, retry_after=5.0)


class Unconfirmed(ProviderError):
    """A step that may have been done, and that finds what it made when it is repeated. Never taken for one not done."""

    advice = "It may have been done there; the same step is repeated by itself and finds what is there."


class OutcomeUnknown(ProviderError):
    """The call may have taken effect: the answer never came, or could not be read. Read back; never send it again."""

    advice = "It is read back by itself; do not order it again by hand."


class Refusal(ProviderError):
    """The provider said no: nothing was done there."""


class AuthFailed(Refusal):
    """User name, password or key is wrong."""

    advice = "Correct the account's credentials in the settings and test the connection."


class AccessDenied(Refusal):
    """The credentials may be right, but this address or feature is not allowed. address: what to allow-list, if known."""

    advice = "Allow the API and this server's address in the provider's portal, then test the connection."

    def __init__(self, words: str, code: str = "", address: str = "") -> None:
        self.address = address
        super().__init__(words, code)


class InsufficientFunds(Refusal):
    """The account's balance does not cover it."""

    advice = "Add money to the account at the provider, then retry the order."


class AccountLimit(Refusal):
    """A cap of the account is reached."""

    advice = "Ask the provider to raise the account's limit, then retry the order."


class NumberUnavailable(Refusal):
    """The number could not be had: it is gone. A purchase that ends so is read back before it counts as refused."""

    advice = "Choose another number for the order."


class BadRequest(Refusal):
    """The provider takes a value for wrong; faults name the fields where it says so."""

    advice = "Correct what is named and send it again."


class PasswordUsed(BadRequest):
    """The provider had this password for this login before, and takes none a second time."""

    advice = "Another password is needed."


class Twins(Refusal):
    """One login exists more than once, and which one may go is for a person to say. login: the login; ids: the provider's."""

    advice = "Delete the one that is not wanted in the provider's portal, then retry the order."

    def __init__(self, words: str, login: str, ids: Sequence[str], code: str = "") -> None:
        self.login, self.ids = login, tuple(ids)
        super().__init__(words, code)


class AlreadyExists(Refusal):
    """Something with this name is there already: read it back instead of making it."""


class Conflict(Refusal):
    """What is there stands in the way."""


class NotFound(Refusal):
    """There is no such thing at the provider."""


class WrongVersion(Refusal):
    """The provider answered in another version of its API than the one asked for."""

    advice = "Ask the provider which API version the account has; this program knows the one it asked for."
