# SPDX-License-Identifier: GPL-3.0-or-later
"""What an account says about the second provider, checked before the first call."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from voipbox.core.errors import Fault
from voipbox.providers.errors import BadRequest
from voipbox.providers.records import AccountField

from . import document

if TYPE_CHECKING:
    from voipbox.providers.models import ProviderAccount

KEY_VERSION = "2026-04-16"
TOKEN_VERSION = "2026-11-19"
PRODUCTION_HOSTS = frozenset({"api.didww.com", "auth.didww.com"})

CREDENTIAL_FIELDS = (
    AccountField(
        "api_key", "API key", secret=True, help="Made in the provider's panel, for the environment of the address below."
    ),
    AccountField(
        "callback_secret",
        "Callback secret",
        secret=True,
        required=False,
        help="Enabled in the panel; signs what the provider tells by itself. Without it the program only polls.",
    ),
)
OPTION_FIELDS = (
    AccountField(
        "base_url",
        "Address of the API",
        default="https://api.didww.com/v3",
        help="The sandbox of the provider is https://sandbox-api.didww.com/v3 and has keys of its own.",
    ),
    AccountField("portal_url", "Address of the panel", required=False, default="https://my.didww.com", help="Where people look."),
    AccountField(
        "api_version",
        "Version of the API",
        default=KEY_VERSION,
        choices=((KEY_VERSION, f"{KEY_VERSION} (API key)"), (TOKEN_VERSION, f"{TOKEN_VERSION} (short-lived tokens)")),
    ),
    AccountField("token_url", "Address of the token service", required=False, help=f"Only for version {TOKEN_VERSION}."),
    AccountField(
        "callback_url",
        "Address for callbacks",
        required=False,
        help="Where the provider reaches this program about registrations, when the program does not name one itself.",
    ),
    AccountField(
        "capacity",
        "Capacity of numbers without channels",
        default="metered",
        choices=(("metered", "Metered channels, paid a minute"), ("dedicated", "Dedicated channels of a pool")),
    ),
    AccountField(
        "capacity_group", "Shared capacity group", required=False, help="Its name, for all numbers; empty: one a trunk."
    ),
    AccountField("dedicated_channels", "Dedicated channels of a number", required=False, default="2"),
    AccountField(
        "choose_numbers",
        "Numbers can be chosen",
        default="yes",
        choices=(("yes", "Yes"), ("no", "No: the account may only order from a group")),
        help="The provider has it switched off until it is asked for.",
    ),
    AccountField("spend_limit", "Spend limit of a trunk in 24 hours, USD", required=False, help="The provider blocks it then."),
    AccountField("vat_percent", "VAT in percent", required=False, help="The provider tells it only after an order."),
    AccountField("regulated", "Regulated beginnings", required=False, help="Such as +27,+49: numbers that always need papers."),
)


@dataclass(frozen=True)
class Settings:
    """An account's settings, all of them usable."""

    api_key: str = field(repr=False)
    callback_secret: str = field(repr=False)
    base_url: str
    api_version: str
    token_url: str
    callback_url: str
    dedicated: bool
    capacity_group: str
    dedicated_channels: int
    choose_numbers: bool
    vat_percent: str
    regulated: tuple[str, ...]
    channels: int
    addresses: tuple[str, ...]

    @property
    def uses_tokens(self) -> bool:
        """True for versions that refuse the plain key."""
        return self.api_version >= TOKEN_VERSION


def read(account: ProviderAccount) -> Settings:
    """The settings of an account. Raises BadRequest, which names each field that is wrong; nothing is called before."""
    credentials, options = account.credentials or {}, account.options or {}
    values = {each.name: _text(options, each.name) or each.default for each in OPTION_FIELDS if each.name != "regulated"}
    values["base_url"] = values["base_url"].rstrip("/")
    if values["api_version"] >= TOKEN_VERSION and not values["token_url"]:
        values["token_url"] = _token_url(values["base_url"])
    faults = _faults(account.sandbox, credentials, values)
    if faults:
        raise BadRequest(
            "The provider account is not usable: " + "; ".join(str(fault) for fault in faults) + ". Nothing was sent.",
            faults=faults,
        )
    given = options.get("regulated") or ()
    return Settings(
        api_key=_text(credentials, "api_key"),
        callback_secret=_text(credentials, "callback_secret"),
        base_url=values["base_url"],
        api_version=values["api_version"],
        token_url=values["token_url"],
        callback_url=values["callback_url"],
        dedicated=values["capacity"] == "dedicated",
        capacity_group=values["capacity_group"],
        dedicated_channels=int(values["dedicated_channels"]),
        choose_numbers=values["choose_numbers"] != "no",
        vat_percent=values["vat_percent"],
        regulated=tuple(each.strip() for each in (given.split(",") if isinstance(given, str) else given) if str(each).strip()),
        channels=account.channels,
        addresses=tuple(account.addresses or ()),
    )


def _faults(sandbox: bool, credentials: Mapping[str, Any], values: Mapping[str, str]) -> list[Fault]:
    faults = []
    key = _text(credentials, "api_key")
    if not key:
        faults.append(Fault("api_key", "is missing"))
    elif not (key.isascii() and key.isprintable() and " " not in key):
        faults.append(Fault("api_key", "has characters that no key has"))
    for name in ("base_url", "token_url", "callback_url", "portal_url"):
        cause = _bad_url(values[name], sandbox) if values[name] else None
        if cause:
            faults.append(Fault(name, cause))
    for each in OPTION_FIELDS:
        if each.choices and values[each.name] not in dict(each.choices):
            faults.append(Fault(each.name, f"is none of {', '.join(value for value, _label in each.choices)}"))
    channels = values["dedicated_channels"]
    if not (channels.isascii() and channels.isdigit() and int(channels)):
        faults.append(Fault("dedicated_channels", "is no number above 0"))
    if values["spend_limit"] and (document.decimal(values["spend_limit"]) or 0) <= 0:
        faults.append(Fault("spend_limit", "is no amount above 0"))
    if values["vat_percent"] and not _is_percent(values["vat_percent"]):
        faults.append(Fault("vat_percent", "is no percentage such as 21 or 8.1"))
    return faults


def _bad_url(url: str, sandbox: bool) -> str | None:
    """Why an address is not usable. A sandbox account must never reach the place where money is spent."""
    try:
        parts = urlsplit(url)
        host, _port = (parts.hostname or "").rstrip(".").lower(), parts.port
        httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        return "is no address such as https://api.provider.example/v3"
    strange = parts.username or parts.query or parts.fragment or " " in url or not url.isprintable()
    if parts.scheme not in ("http", "https") or not host or strange:
        return "is no address such as https://api.provider.example/v3"
    if sandbox and host in PRODUCTION_HOSTS:
        return f"is the production host {host}, and the account is marked as a sandbox"
    if parts.scheme == "http" and not (sandbox or _is_loopback(host)):
        return "is not https"
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_percent(text: str) -> bool:
    whole, _point, rest = text.partition(".")
    return text.isascii() and whole.isdigit() and (rest.isdigit() or not rest) and float(text) < 100  # noqa: PLR2004 - per cent


def _token_url(base_url: str) -> str:
    """The token service that belongs to one of the provider's own addresses; next to the API for any other."""
    parts = urlsplit(base_url)
    known = {"api.didww.com": "auth.didww.com", "sandbox-api.didww.com": "auth-sandbox.didww.com"}
    return f"{parts.scheme}://{known.get(parts.hostname or '', parts.netloc)}/token"


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    return "" if value is None else str(value).strip()
