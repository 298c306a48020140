# SPDX-License-Identifier: GPL-3.0-or-later
"""Trunks at the first provider are sub-accounts: one a tenant, closed to international calls and to foreign addresses."""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
import re
import threading
import time

from voipbox.core import clock
from voipbox.core.errors import Fault

from ..errors import AlreadyExists, BadRequest, OutcomeUnknown, ProviderError, Temporary, Twins, Unconfirmed
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


def login(settings: Settings, name: str) -> str:
    """The full name of a trunk's sub-account, which is what its gateway registers as."""
    return f"{settings.main}_{user_name(name)}"


def ensure(client: Client, settings: Settings, wanted: TrunkWanted) -> Trunk:
    """Make the sub-account, or bring the one of this name to what is wanted. One that was asked for and is not listed is waited
    for before it is asked for again; where both came in the end, one goes. Raises PasswordUsed, Twins.
    """
    _check(wanted)
    client.hide(wanted.password)
    account = login(settings, wanted.name)
    row = leave_one(client, settings, wanted)
    if row is None:
        _wait_for(wanted, account, settings.landing_time)
        row = _create(client, settings, wanted, account)
    fields = _fields(client, settings, wanted, row)
    if not _is_as(row, fields):
        number = text(row, "id")
        read_back(
            lambda: client.write("setSubAccount", {"id": number, **fields}),
            lambda: any(_is_as(one, fields) for one in sub_accounts(client, account) if text(one, "id") == number),
        )
    return Trunk(wanted.name, account, {"account": account, "id": text(row, "id")}, wanted.password)


def drop(client: Client, trunk: Trunk) -> None:
    """Delete a sub-account; one that is gone is no error. Raises Conflict while numbers lead to it."""
    account = trunk.ids.get("account") or trunk.username
    rows = sub_accounts(client, account)
    foreign = [text(row, "id") for row in rows if len(rows) > 1 and not _is_ours(row, trunk.name)]
    if foreign:
        words = f"{account} exists {len(rows)} times, and this program did not make {' and '.join(foreign)}. None was deleted."
        raise Twins(words, account, [text(row, "id") for row in rows])
    for row in rows:
        _delete(client, account, text(row, "id"))


def registered(client: Client, trunk: Trunk) -> bool:
    """Whether the provider sees it registered."""
    return flag(client.read("getRegistrationStatus", account=trunk.username).get("registered"))


def sub_accounts(client: Client, account: str) -> list[Row]:
    """The sub-accounts of a full name, the oldest first; the numeric id finds nothing there."""
    rows = [row for row in client.rows("getSubAccounts", "accounts", account=account) if text(row, "account") == account]
    return sorted(rows, key=lambda row: (len(text(row, "id")), text(row, "id")))


def leave_one(client: Client, settings: Settings, wanted: TrunkWanted) -> Row | None:
    """The sub-account of a trunk, None where there is none. Of several that this program made, the one with the wanted password
    stays, else the oldest. Raises Twins where one is not ours or would not go.
    """
    account = login(settings, wanted.name)
    rows = sub_accounts(client, account)
    if not rows[1:]:
        return rows[0] if rows else None
    client.hide(wanted.password)
    ids = [text(row, "id") for row in rows]
    told = f"{account} exists {len(rows)} times at the provider, as {' and '.join(ids)}"
    foreign = [text(row, "id") for row in rows if not _is_ours(row, wanted.name)]
    if foreign:
        raise Twins(f"{told}, and {' and '.join(foreign)} was not made by this program. None was deleted.", account, ids)
    kept = next((row for row in rows if secret(row, "password") == wanted.password), rows[0])
    for number in ids:
        if number == text(kept, "id"):
            continue
        try:
            _delete(client, account, number)
        except (Temporary, Unconfirmed):
            raise
        except ProviderError as error:
            raise Twins(f"{told}. {text(kept, 'id')} is wanted, {number} could not be deleted: {error}", account, ids) from None
    left = sub_accounts(client, account)
    if [text(row, "id") for row in left] != [text(kept, "id")]:
        raise Unconfirmed(f"{told}. {text(kept, 'id')} is wanted; the provider lists others still.")
    return left[0]


def _is_ours(row: Row, name: str) -> bool:
    return (text(row, "description").split() or [""])[0] == name


def _delete(client: Client, account: str, number: str) -> None:
    def is_gone() -> bool:
        return all(text(row, "id") != number for row in sub_accounts(client, account))

    read_back(lambda: client.write("delSubAccount", {"id": number}, empty_is_success=True), is_gone)
    if not is_gone():
        raise Temporary(f"The provider said that {account} was deleted, but still lists it.")


def _wait_for(wanted: TrunkWanted, account: str, landing_time: float) -> None:
    """Raises Unconfirmed while one that was asked for may still come."""
    if wanted.asked_at is None:
        return
    until = wanted.asked_at + datetime.timedelta(seconds=landing_time)
    if clock.now() < until:
        raise Unconfirmed(
            f"{account} was asked for at {wanted.asked_at:%H:%M:%S} UTC without an answer and is not listed. It is asked for "
            f"again after {until:%H:%M:%S} UTC: it may still come."
        )


def _create(client: Client, settings: Settings, wanted: TrunkWanted, account: str) -> Row:
    """The row of a new sub-account. Its making takes long; a time-out does not mean that it failed."""
    fields = _fields(client, settings, wanted, {})
    if wanted.on_asking is not None:
        wanted.on_asking()
    try:
        client.write("createSubAccount", fields)
        trouble: ProviderError = Unconfirmed(f"The provider said that {account} was made, but does not list it yet.")
    except OutcomeUnknown as error:
        trouble = not_done(error)
    except AlreadyExists as error:
        trouble = error
        if error.code.lower() == "used_username":
            trouble = Unconfirmed(f"The provider says that {account} exists, but does not list it yet.", error.code)
    try:
        row = leave_one(client, settings, wanted)
    except Temporary as error:
        raise trouble if isinstance(trouble, Unconfirmed) else error from None
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
