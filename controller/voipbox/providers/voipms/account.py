# SPDX-License-Identifier: GPL-3.0-or-later
"""What an account of the first provider says about itself, checked before anything is sent."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from voipbox.core.errors import Fault, Refused

from ..records import AccountField

if TYPE_CHECKING:
    from ..models import ProviderAccount

PRODUCTION_HOST = "voip.ms"
PRODUCTION_URL = "https://voip.ms/api/v1/rest.php"
_PATH = "/api/v1/rest.php"
_LONGEST_TIMEOUT = 300.0
_LONGEST_LANDING = 24 * 3600.0

CREDENTIAL_FIELDS = (
    AccountField("username", "API user name", help="The e-mail address of the account."),
    AccountField("password", "API password", secret=True, help="Set in the portal under API; it is not the portal's password."),
)
OPTION_FIELDS = (
    AccountField("account", "Main account number", help="Six digits; logins of trunks begin with it."),
    AccountField("pop", "POP", help="Id of the server that gateways register to. Its host must be the gateway's proxy."),
    AccountField("base_url", "API address", required=False, default=PRODUCTION_URL, help="Another one is for sandboxes."),
    AccountField("test", "Dry run", required=False, default="0", choices=(("0", "No"), ("1", "Yes: check orders, buy nothing"))),
    AccountField(
        "dialing_mode",
        "Dialled numbers",
        required=False,
        default="2",
        choices=(("0", "As the main account has it"), ("1", "E.164"), ("2", "North American, 10 or 11 digits")),
    ),
    AccountField("device_type", "Device type of trunks", required=False, help="Empty: the one for PBX and gateways."),
    AccountField("codecs", "Codecs", required=False, default="ulaw", help="Separated by semicolons, such as ulaw;g729."),
    AccountField("route", "Outbound quality", required=False, default="1", choices=(("1", "Value"), ("2", "Premium"))),
    AccountField("dial_time", "Seconds that calls ring", required=False, default="60"),
    AccountField("read_timeout", "Seconds to wait for an answer", required=False, default="30"),
    AccountField("write_timeout", "Seconds to wait for an order", required=False, default="60"),
    AccountField(
        "landing_time",
        "Seconds until a lost request for a trunk counts as lost",
        required=False,
        default="600",
        help="The provider was seen to make a sub-account long after the answer was given up.",
    ),
)


@dataclass(frozen=True)
class Settings:
    """An account's data, whole and in their types."""

    url: str
    username: str
    password: str = field(repr=False)
    main: str
    pop: str
    proxy: str
    encrypted: bool
    dry_run: bool
    dialing_mode: str
    device_type: str
    codecs: str
    route: str
    dial_time: str
    read_timeout: float
    write_timeout: float
    landing_time: float


def settings_of(account: ProviderAccount) -> Settings:
    """The settings of an account. Raises Refused with every field that is wrong, by its name."""
    faults: list[Fault] = []
    given: Mapping[str, Any] = {**account.options, **account.credentials}
    values = {one.name: _text(given, one, faults) for one in (*CREDENTIAL_FIELDS, *OPTION_FIELDS)}
    url = _url(values["base_url"], account.sandbox, faults)
    for name, pattern, cause in (
        ("account", r"\d{3,10}", "must be digits, such as 100001"),
        ("pop", r"\d{1,6}", "must be the id of a server, such as 45"),
        ("dial_time", r"[1-9]\d{0,2}", "must be seconds"),
        ("codecs", r"[a-z0-9]+(;[a-z0-9]+)*", "must be names such as ulaw;g729"),
        ("device_type", r"\d*", "must be a number"),
    ):
        if values[name] and not re.fullmatch(pattern, values[name]):
            faults.append(Fault(name, cause))
    seconds = {name: _seconds(name, values[name], faults) for name in ("read_timeout", "write_timeout")}
    seconds["landing_time"] = _seconds("landing_time", values["landing_time"], faults, _LONGEST_LANDING)
    if faults:
        raise Refused(faults)
    return Settings(
        url=url,
        username=values["username"],
        password=values["password"],
        main=values["account"],
        pop=values["pop"],
        proxy=account.gateway_proxy,
        encrypted=account.gateway_transport == "tls",
        dry_run=values["test"] == "1",
        dialing_mode=values["dialing_mode"],
        device_type=values["device_type"],
        codecs=values["codecs"],
        route=values["route"],
        dial_time=values["dial_time"],
        read_timeout=seconds["read_timeout"],
        write_timeout=seconds["write_timeout"],
        landing_time=seconds["landing_time"],
    )


def _text(given: Mapping[str, Any], one: AccountField, faults: list[Fault]) -> str:
    value = given.get(one.name)
    if isinstance(value, bool):
        value = int(value)
    written = str(value).strip() if value not in (None, "") else one.default
    if one.required and not written:
        faults.append(Fault(one.name, "is missing"))
    if one.choices and written not in {choice for choice, _ in one.choices}:
        faults.append(Fault(one.name, f"must be one of {', '.join(choice for choice, _ in one.choices)}"))
    return written


def _seconds(name: str, written: str, faults: list[Fault], longest: float = _LONGEST_TIMEOUT) -> float:
    try:
        value = float(written)
    except ValueError:
        value = 0.0
    if not 0 < value <= longest:
        faults.append(Fault(name, f"must be seconds, at most {longest:g}"))
    return value


def _url(written: str, sandbox: bool, faults: list[Fault]) -> str:
    """The API's address: https, or http on this machine; never production for a sandbox account."""
    try:
        parts = urlsplit(written)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if not host or parts.scheme not in ("http", "https") or parts.username or parts.query or parts.fragment:
        faults.append(Fault("base_url", "must be an address such as https://HOST/api/v1/rest.php, without a login"))
        return ""
    if parts.scheme == "http" and not _is_loopback(host):
        faults.append(Fault("base_url", "must begin with https:// unless it is on this machine"))
    if sandbox and (host == PRODUCTION_HOST or host.endswith(f".{PRODUCTION_HOST}")):
        faults.append(Fault("base_url", "the account is marked as a sandbox, but this is the provider's real API"))
    place = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{place}{f':{port}' if port else ''}{parts.path if parts.path not in ('', '/') else _PATH}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
