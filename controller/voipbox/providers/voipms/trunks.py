# SPDX-License-Identifier: GPL-3.0-or-later
"""Trunks at the first provider are sub-accounts: one a tenant, closed to international calls and to foreign addresses."""

from __future__ import annotations

import hashlib
import ipaddress
import re
import threading
import time

from voipbox.core.errors import Fault

from ..errors import AlreadyExists, BadRequest, OutcomeUnknown, ProviderError, Temporary
from ..records import Trunk, TrunkWanted
from .account import Settings
from .client import Client
from .decoding import Row, flag, secret, text
from .read_back import not_done, read_back

_LONGEST_NAME = 12
_PREFIX = 5
_FLAGS = frozenset(("enable_ip_restriction", "enable_pop_restriction", "sip_traffic", "record_calls"))
_KEPT = ("callerid_number", "record_calls", "enable_pop_restriction", "pop_restriction")  # people may set these
_HASH = 7
_REMEMBER = 24 * 3600.0  # seconds
_SIP, _USER_AND_PASSWORD = "1", "1"


def user_name(name: str) -> str:
    """The sub-account's name: letters and digits only, so a longer or dashed name gets a short digest of the whole."""
    plain = name.replace("-", "")
    if plain == name and len(name) <= _LONGEST_NAME:
        return name
    digest = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    letters = ""
    for _ in range(_HASH):
        digest, index = divmod(digest, 36)
        letters += "0123456789abcdefghijklmnopqrstuvwxyz"[index]
    return f"{plain[:_PREFIX]}{letters}"


def ensure(client: Client, settings: Settings, wanted: TrunkWanted) -> Trunk:
    """Make the sub-account, or bring the one of this name to what is wanted."""
    _check(wanted)
    client.hide(wanted.password)
    account = f"{settings.main}_{user_name(wanted.name)}"
    row = sub_account(client, account)
    if row is None:
        row = _create(client, settings, wanted, account)
    fields = _fields(client, settings, wanted, row)
    if not _is_as(row, fields):
        number = text(row, "id")
        read_back(
            lambda: client.write("setSubAccount", {"id": number, **fields}),
            lambda: _is_as(sub_account(client, account), fields),
        )
    return Trunk(wanted.name, account, {"account": account, "id": text(row, "id")}, wanted.password)


def drop(client: Client, trunk: Trunk) -> None:
    """Delete a sub-account; one that is gone is no error. Raises Conflict while numbers lead to it."""
    account = trunk.ids.get("account") or trunk.username
    row = sub_account(client, account)
    if row is None:
        return
    read_back(
        lambda: client.write("delSubAccount", {"id": text(row, "id")}, empty_is_success=True),
        lambda: sub_account(client, account) is None,
    )
    if sub_account(client, account) is not None:
        raise Temporary(f"The provider said that {account} was deleted, but still lists it.")


def registered(client: Client, trunk: Trunk) -> bool:
    """Whether the provider sees it registered."""
    return flag(client.read("getRegistrationStatus", account=trunk.username).get("registered"))


def sub_account(client: Client, account: str) -> Row | None:
    """A sub-account by its full name; the numeric id finds nothing there."""
    for row in client.rows("getSubAccounts", "accounts", account=account):
        if text(row, "account") == account:
            return row
    return None


def _create(client: Client, settings: Settings, wanted: TrunkWanted, account: str) -> Row:
    """The row of a new sub-account. Its making takes long; a time-out does not mean that it failed."""
    fields = _fields(client, settings, wanted, {})
    try:
        client.write("createSubAccount", fields)
        trouble: ProviderError = Temporary(f"The provider said that {account} was made, but does not list it yet.")
    except OutcomeUnknown as error:
        trouble = not_done(error)
    except AlreadyExists as error:
        trouble = error
    row = sub_account(client, account)
    if row is None:
        raise trouble
    return row


def _check(wanted: TrunkWanted) -> None:
    faults = []
    if not wanted.password:
        faults.append(Fault("password", "is missing: this provider lets us choose it"))
    if not re.fullmatch(r"[a-z0-9-]{1,32}", wanted.name) or not wanted.name.replace("-", ""):
        faults.append(Fault("name", "must be at most 32 of a-z, 0-9 and -"))
    for address in wanted.pbx_addresses:
        try:
            ipaddress.ip_network(address)
        except ValueError:
            faults.append(Fault("pbx_addresses", f"{address} is no address or network"))
    if faults:
        raise BadRequest(f"No trunk was made: {'; '.join(map(str, faults))}.", faults=faults)


def _fields(client: Client, settings: Settings, wanted: TrunkWanted, row: Row) -> dict[str, str]:
    """Everything that the provider wants of a sub-account. Setting one replaces all, so what else it has goes along."""
    addresses = ",".join(sorted({_plain(address) for address in wanted.pbx_addresses}))
    fields = {
        "username": user_name(wanted.name),
        # A description that is used already is refused, so it begins with what is unique.
        "description": f"{wanted.name} {re.sub(r'[^A-Za-z0-9 .-]', '', wanted.label)}"[:60].strip(),
        "protocol": _SIP,
        "auth_type": _USER_AND_PASSWORD,
        "password": wanted.password,
        "device_type": settings.device_type or text(row, "device_type") or _pbx_type(client, settings),
        "lock_international": "1",
        "international_route": settings.route,
        "canada_routing": settings.route,
        "music_on_hold": "default",
        "allowed_codecs": settings.codecs,
        "dtmf_mode": "auto",
        "nat": "yes",
        "max_expiry": "3600",
        "dialing_mode": settings.dialing_mode,
        "sip_traffic": "1" if settings.encrypted else "0",
        "enable_ip_restriction": "1" if addresses else "0",
    }
    if addresses:
        fields["ip_restriction"] = addresses
    for name in _KEPT:
        if text(row, name):
            fields[name] = str(int(flag(row[name]))) if name in _FLAGS else text(row, name)
    return fields


def _is_as(row: Row | None, fields: dict[str, str]) -> bool:
    """Whether a sub-account has these fields; one that the provider does not tell counts as right."""
    if row is None:
        return False
    for name, value in fields.items():
        if name not in row:
            continue
        if name == "password":
            same = secret(row, name) == value
        elif name in _FLAGS:
            same = flag(row[name]) == flag(value)
        elif name in ("allowed_codecs", "ip_restriction"):
            same = set(re.split("[;,]", text(row, name))) == set(re.split("[;,]", value))
        else:
            same = text(row, name) == value
        if not same:
            return False
    return True


def _plain(address: str) -> str:
    """A network, or an address without its mask where it is one."""
    network = ipaddress.ip_network(address)
    return str(network.network_address if network.num_addresses == 1 else network)


_types: dict[str, tuple[float, str]] = {}
_types_lock = threading.Lock()


def _pbx_type(client: Client, settings: Settings) -> str:
    """The device type of a PBX: its number differs between sources, so it is read, once a day."""
    with _types_lock:
        at, known = _types.get(settings.url, (0.0, ""))
    if known and time.monotonic() - at < _REMEMBER:
        return known
    for row in client.rows("getDeviceTypes", "device_types"):
        if re.search(r"\bPBX\b|gateway", text(row, "description"), re.IGNORECASE):
            with _types_lock:
                _types[settings.url] = (time.monotonic(), text(row, "value"))
            return text(row, "value")
    raise BadRequest(
        "No trunk was made: the provider lists no device type for a PBX.",
        faults=[Fault("device_type", "write the number of the type for PBX and gateways into the account")],
    )
