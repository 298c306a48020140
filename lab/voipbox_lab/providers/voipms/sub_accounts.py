# SPDX-License-Identifier: GPL-3.0-or-later
"""Methods about sub-accounts, the SIP logins, and who is registered."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from . import fields, places
from .fields import Form, need
from .shapes import No
from .state import Registration

if TYPE_CHECKING:
    from .sandbox import VoipMsSandbox

PROTOCOLS = (("1", "SIP"), ("3", "IAX2"))
AUTH_TYPES = (("1", "User/Password Authentication"), ("2", "Static IP Authentication"))
DEVICE_TYPES = (("1", "Asterisk, IP PBX, Gateway or VoIP Switch"), ("2", "ATA device, IP Phone or Softphone"))
LOCKS = (("0", "International Calls Enabled"), ("1", "International Calls Disabled"))
ROUTES = (("1", "Value"), ("2", "Premium"))
MUSIC = (("default", "Default"), ("jazz", "Jazz"))
CODECS = (("ulaw", "G.711U"), ("alaw", "G.711A"), ("g729", "G.729"), ("gsm", "GSM"))
DTMF_MODES = (("auto", "AUTO"), ("rfc2833", "RFC2833"), ("inband", "INBAND"), ("info", "INFO"))
NAT = (("yes", "Yes"), ("no", "No"))

_WEAK = frozenset(("password", "Password1", "Passw0rd", "Abcd1234"))
_PASSWORD_ALPHABET = re.compile(r"[A-Za-z0-9!#$%&/()=?*\[\]_:.,{}+-]*")
_PASSWORD_LEAST = 8
_EXPIRY = range(60, 3601)
_ENUMERATIONS = {
    "protocol": ("protocol", PROTOCOLS), "auth_type": ("authtype", AUTH_TYPES), "device_type": ("devicetype", DEVICE_TYPES),
    "lock_international": ("lockinternational", LOCKS), "international_route": ("internationalroute", ROUTES),
    "music_on_hold": ("musiconhold", MUSIC), "dtmf_mode": ("dtmfmode", DTMF_MODES), "nat": ("nat", NAT),
}  # fmt: skip


class SubAccounts:
    """Parameters: sandbox, whose state it changes."""

    def __init__(self, sandbox: VoipMsSandbox) -> None:
        self._sandbox = sandbox

    def create(self, form: Form) -> Mapping[str, Any]:
        """createSubAccount: answers with the SIP login."""
        row = self.asked(form)()
        return {"id": row["id"], "account": row["account"]}

    def asked(self, form: Form) -> Callable[[], Mapping[str, Any]]:
        """What makes a sub-account, after all checks: the login is looked for now and may be taken when it is made."""
        state = self._sandbox.state
        username = need(form, "username")
        if not re.fullmatch(r"[A-Za-z0-9]+", username) or len(username) > state.settings.user_name_limit:
            raise No("invalid_username")
        account = f"{state.main}_{username}"
        if state.logins(account):
            raise No("used_username")
        described = form.get("description", "")
        if described and any(sub["description"] == described for sub in state.subs.values()):
            raise No("used_description")
        wanted = self._row(form)
        self._note_password(account, wanted["password"])

        def make() -> Mapping[str, Any]:
            row = {"id": str(next(state.ids)), "account": account, "username": username, **wanted}
            state.subs[row["id"]] = row
            return row

        return make

    def change(self, form: Form) -> Mapping[str, Any]:
        """setSubAccount: by id, everything anew."""
        row = self._by_id(form)
        username = need(form, "username")
        if username != row["username"]:
            raise No("invalid_username")
        wanted = self._row(form)
        if wanted["password"] != row["password"]:
            self._note_password(row["account"], wanted["password"])
        row.update(wanted)
        return {}

    def listed(self, form: Form) -> Mapping[str, Any]:
        """getSubAccounts, passwords in clear. The filter is a full account name; an id finds nothing."""
        account = form.get("account", "")
        rows = [row for row in self._sandbox.state.subs.values() if account in ("", row["account"])]
        if not rows and self._sandbox.state.settings.empty == "code":
            raise No("no_subaccount")
        return {"accounts": rows}

    def delete(self, form: Form) -> Mapping[str, Any]:
        """delSubAccount: not while numbers lead to its login and no twin has it too."""
        state = self._sandbox.state
        row = self._by_id(form)
        last = len(state.logins(row["account"])) == 1
        if last and any(owned["routing"] == f"account:{row['account']}" for owned in state.owned.values()):
            raise No("account_with_dids")
        del state.subs[row["id"]]
        if last:
            state.registrations.pop(row["account"], None)
        return {}

    def registration(self, form: Form) -> Mapping[str, Any]:
        """getRegistrationStatus."""
        state = self._sandbox.state
        account = need(form, "account")
        if account != state.main and not state.logins(account):
            raise No("invalid_account")
        seen = self.seen(account)
        if seen is None:
            return {"registered": False}
        pop = next(one for one in places.POPS if one.id == seen.pop)
        row = {
            "server_name": pop.name, "server_shortname": pop.name.split(",")[0], "server_hostname": pop.host,
            "server_ip": pop.address, "server_country": pop.country, "server_pop": pop.id,
            "register_ip": seen.address, "register_port": "5080", "register_next": seen.at,
            "register_protocol": "SIP", "register_transport": "UDP",
        }  # fmt: skip
        return {"registered": True, "rerouted": "0", "from_server_pop": pop.id, "registrations": [row]}

    def seen(self, account: str) -> Registration | None:
        """How a sub-account is registered, if it is."""
        state = self._sandbox.state
        by_itself = state.settings.registers_at
        if by_itself and state.logins(account):
            return Registration(by_itself, state.settings.caller, self._sandbox.clock.now())
        return state.registrations.get(account)

    def register(self, account: str, password: str, host: str, address: str) -> str:
        """What a REGISTER to a host would bring: empty where it is taken, else the reason."""
        state = self._sandbox.state
        row = next((one for one in state.logins(account) if one["password"] == password), None)
        pop = pop_of(host)
        if pop is None:
            return f"there is no server {host}"
        if row is None:
            return "403: wrong login or password"
        if row["enable_ip_restriction"] and not _within(address, row["ip_restriction"]):
            return f"403: {address} is not among the addresses of {account}"
        if row["enable_pop_restriction"] and pop.id not in row["pop_restriction"].split(","):
            return f"403: {account} may not use {host}"
        state.registrations[account] = Registration(pop.id, address, self._sandbox.clock.now())
        return ""

    def _by_id(self, form: Form) -> dict[str, Any]:
        row = self._sandbox.state.subs.get(need(form, "id"))
        if row is None:
            raise No("invalid_id")
        return row

    def _note_password(self, account: str, password: str) -> None:
        """Refuse what a login had before, then remember."""
        state = self._sandbox.state
        known = state.passwords.setdefault(account, set())
        digest = hashlib.sha256(password.encode()).hexdigest()
        if password and digest in known and state.settings.old_passwords == "refuse":
            raise No("used_password")
        known.add(digest)

    def _row(self, form: Form) -> dict[str, Any]:
        """The fields of a sub-account, each checked."""
        row: dict[str, Any] = {"description": form.get("description", "")}
        for name, (code, known) in _ENUMERATIONS.items():
            value = need(form, name, code)
            if name == "international_route" and value == "0":
                raise No("missing_internationalroute")
            if value not in {one for one, _ in known}:
                raise No(f"invalid_{code}")
            row[name] = value
        row["password"] = _password(form) if row["auth_type"] == "1" else ""
        row["ip"] = need(form, "ip") if row["auth_type"] == "2" else ""
        codecs = need(form, "allowed_codecs", "allowedcodecs")
        if not set(codecs.split(";")) <= {one for one, _ in CODECS}:
            raise No("invalid_allowedcodecs")
        row["allowed_codecs"] = codecs
        row["callerid_number"] = form.get("callerid_number", "") or "-1"
        row["canada_routing"] = form.get("canada_routing", "") or "1"
        row["language"] = form.get("language", "") or "en"
        for name in ("sip_traffic", "enable_ip_restriction", "enable_pop_restriction", "record_calls"):
            row[name] = fields.flag(form, name)
        row["ip_restriction"] = _addresses(form) if row["enable_ip_restriction"] else ""
        row["pop_restriction"] = need(form, "pop_restriction") if row["enable_pop_restriction"] else ""
        row["max_expiry"] = form.get("max_expiry", "") or "3600"
        if not row["max_expiry"].isdigit() or int(row["max_expiry"]) not in _EXPIRY:
            raise No("invalid_max_expiry")
        row["dialing_mode"] = form.get("dialing_mode", "") or "0"
        if row["dialing_mode"] not in ("0", "1", "2"):
            raise No("invalid_dialing_mode")
        row.update(
            rtp_timeout="60", rtp_hold_timeout="600", send_bye=True, internal_extension="", internal_voicemail="",
            internal_dialtime="30", reseller_client="0", reseller_package="0", reseller_nextbilling=None,
        )  # fmt: skip
        return row


def pop_of(host: str) -> places.Pop | None:
    """The server of a host name; a city's name without a number is its first server."""
    for pop in places.POPS:
        label, _, domain = pop.host.partition(".")
        first = re.fullmatch(r"([a-z]+)1?", label)
        names = {pop.host} | ({f"{first[1]}.{domain}", f"{first[1]}1.{domain}"} if first else set())
        if host in names:
            return pop
    return None


def _password(form: Form) -> str:
    value = need(form, "password")
    if value in _WEAK:
        raise No("weak_password")
    if len(value) < _PASSWORD_LEAST:
        raise No("invalid_password_lessthan_8characters_long")
    for pattern, code in (("[a-z]", "lowercase"), ("[A-Z]", "uppercase"), ("[0-9]", "number")):
        if not re.search(pattern, value):
            raise No(f"invalid_password_missing_{code}")
    if not _PASSWORD_ALPHABET.fullmatch(value):
        raise No("invalid_password_ilegal_characters")
    return value


def _addresses(form: Form) -> str:
    value = need(form, "ip_restriction")
    for one in value.split(","):
        try:
            ipaddress.ip_network(one.strip())
        except ValueError:
            if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", one.strip()):
                raise No("invalid_ip_restriction") from None
    return value


def _within(address: str, allowed: str) -> bool:
    for one in allowed.split(","):
        try:
            if ipaddress.ip_address(address) in ipaddress.ip_network(one.strip()):
                return True
        except ValueError:
            continue  # a host name: the sandbox resolves none
    return False
