# SPDX-License-Identifier: GPL-3.0-or-later
"""The first provider's status codes as typed errors. Codes are compared without regard to case."""

from __future__ import annotations

from voipbox.core.errors import Fault

from ..errors import (
    AccessDenied,
    AccountLimit,
    AlreadyExists,
    AuthFailed,
    BadRequest,
    Conflict,
    InsufficientFunds,
    NumberUnavailable,
    PasswordUsed,
    ProviderError,
    RateLimited,
    Temporary,
)

# "Nothing there" is an error code; these are empty lists.
EMPTY = frozenset(("no_did", "no_subaccount", "no_account", "no_cdr", "no_transactions", "no_rate", "unavailable_info"))
# After an order these may mean that we have the number already, or a moment later: read back before believing them.
NOT_OBTAINED = frozenset(
    ("did_in_use", "invalid_did", "order_failed", "unable_to_purchase", "unsifficient_stock", "provider_outofservice")
)

_CREDENTIALS = frozenset(("missing_credentials", "invalid_credentials"))
_ACCESS = frozenset(("ip_not_enabled", "api_not_enabled"))
_OUTAGES = frozenset(("method_maintenance", "tls_error", "provider_outofservice"))
_EXISTS = frozenset(("used_username", "used_description", "used_extension", "repeated_ip", "used_ip"))
_UNAVAILABLE = frozenset(("did_in_use", "order_failed", "unable_to_purchase", "unsifficient_stock"))
_PASSWORD: dict[str, type[BadRequest]] = {"weak_password": BadRequest, "used_password": PasswordUsed}
_HINTS = {
    "ip_not_enabled": "The provider does not allow API calls from this server's address.",
    "api_not_enabled": "The API is not switched on for this account in the provider's portal.",
    "api_limit_exceeded": "The provider takes no more calls for this minute.",
    "non_sufficient_funds": "The account's balance at the provider does not cover it.",
    "did_limit_reached": "The account may not have more numbers.",
    "account_with_dids": "Numbers still lead to this sub-account.",
}


def error_of(code: str, method: str, message: str = "") -> ProviderError:
    """The error that a status means.

    Parameters: code, as it came; method, what was called; message, the provider's sentence, without secrets. For an order,
    invalid_did is a number that is gone and not a mistake of ours.
    """
    known = code.lower()
    words = _HINTS.get(known) or f"The provider answered {method} with {code}{f' ({message})' if message else ''}."
    if known in _CREDENTIALS:
        return AuthFailed("The provider does not accept the account's user name and API password.", code)
    if known in _ACCESS:
        return AccessDenied(words, code)
    if known == "api_limit_exceeded":
        return RateLimited(words, code)
    if known in _OUTAGES:
        return Temporary(words, code)
    if known == "non_sufficient_funds":
        return InsufficientFunds(words, code)
    if known == "did_limit_reached":
        return AccountLimit(words, code)
    if known in _UNAVAILABLE or (known == "invalid_did" and method.startswith("order")):
        return NumberUnavailable(words, code)
    if known in _EXISTS:
        return AlreadyExists(words, code)
    if known == "account_with_dids":
        return Conflict(words, code)
    if known in _PASSWORD:
        return _PASSWORD[known](words, code, [Fault("password", known)])
    for prefix in ("missing_", "invalid_"):
        if known.startswith(prefix):
            return BadRequest(words, code, [Fault(known.removeprefix(prefix), known)])
    return ProviderError(words, code)
