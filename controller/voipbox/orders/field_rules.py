# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may put what into an order: one row for each field of an order's input and of its amendment, by role.

What a value has to look like stands with the models (intake.py). Here stands what somebody may ask for. Every way in
(page, API, file, command line, amendment) passes through checks.check(), which asks this table; a test fails for a field
without a row. docs/reference/order-fields.md is made from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from voipbox.core.errors import Fault
from voipbox.core.people import Actor, Role

from .choices import GROUPS, LANGUAGES

CLIENT_QUANTITY = 20
"""The most of one product that a client orders at a time."""
DOMESTIC = "domestic"
"""The toll class that every extension may have; others come from products."""
_CLIENT_EXTENSIONS = range(100, 100_000)
_RESERVED = frozenset(
    {
        "www", "web", "mail", "email", "smtp", "imap", "pop", "pop3", "webmail", "mx", "ns", "dns", "ftp", "sftp", "ssh",
        "vpn", "ntp", "ldap", "radius", "proxy", "gateway", "router", "admin", "administrator", "root", "hostmaster",
        "postmaster", "webmaster", "abuse", "security", "noc", "support", "help", "billing", "status", "monitor", "api", "app",
        "apps", "portal", "login", "auth", "sso", "id", "account", "accounts", "static", "assets", "cdn", "pbx", "sip", "sips",
        "voip", "rtp", "stun", "turn", "fusionpbx", "freeswitch", "switch", "provision", "provisioning", "voipbox",
        "controller", "autodiscover", "autoconfig", "wpad", "isatap", "localhost", "internal", "intranet", "db", "database",
        "backup",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What a rule looks at beside the value.

    Parameters: actor; base_domain and language, of the PBX server, empty where none was found; superadmin, whether its
    variables allow one; machines, host names and base domains of all PBX servers; packaged, seats that the products give;
    toll_classes, those that they give; reason, why staff go beyond the products.
    """

    actor: Actor
    base_domain: str = ""
    language: str = ""
    superadmin: bool = False
    machines: frozenset[str] = frozenset()
    packaged: int = 0
    toll_classes: frozenset[str] = frozenset()
    reason: str = ""


Rule = Callable[[Asked, Any], str | None]


@dataclass(frozen=True)
class May:
    """What a role may ask for: in words, and the rule that tells why a value is refused."""

    words: str
    rule: Rule


def _anything(asked: Asked, value: Any) -> str | None:
    return None


def _nothing(asked: Asked, value: Any) -> str | None:
    return f"is not for a {asked.actor.role}; leave it out"


def is_reserved(domain: str, machines: frozenset[str]) -> bool:
    """True for a name that a client does not get: its first label is that of a service or in Punycode, or it is a machine's."""
    first = domain.partition(".")[0]
    return re.sub(r"[0-9]+$", "", first) in _RESERVED or first in _RESERVED or first.startswith("xn--") or domain in machines


def _label_below(asked: Asked, value: str) -> str | None:
    if not asked.base_domain:
        return None
    label, _, rest = value.partition(".")
    if not label or rest != asked.base_domain:
        return f"ends with .{asked.base_domain} and has one name before it, such as acme.{asked.base_domain}"
    return f"{label} is a reserved name; choose another one" if is_reserved(value, asked.machines) else None


def _below(asked: Asked, value: str) -> str | None:
    if not asked.base_domain or value.endswith(f".{asked.base_domain}"):
        return None
    return f"ends with .{asked.base_domain}; a domain elsewhere is for an administrator"


def _packaged(asked: Asked, value: int) -> str | None:
    if value <= asked.packaged:
        return None
    return f"{value} are more than the {asked.packaged} of the products; order a package that gives more"


def _packaged_or_reason(asked: Asked, value: int) -> str | None:
    if value <= asked.packaged or asked.reason.strip():
        return None
    return f"{value} are more than the {asked.packaged} of the products; say why in seats_reason"


def _product_classes(asked: Asked, value: list[str]) -> str | None:
    known = asked.toll_classes | {DOMESTIC}
    further = sorted(set(value) - known)
    return f"{', '.join(further)}: the products of the order give {', '.join(sorted(known))}" if further else None


def _groups(*names: str) -> Rule:
    def rule(asked: Asked, value: str) -> str | None:
        return None if value in names else f"is one of {', '.join(names)}"

    return rule


def _any_group(asked: Asked, value: str) -> str | None:
    if value == "superadmin":
        if asked.superadmin:
            return None
        return "superadmin would own the whole PBX server; the server's variables do not allow it"
    return _groups(*GROUPS)(asked, value)


def _listed_language(asked: Asked, value: str) -> str | None:
    known = {*LANGUAGES, *([asked.language] if asked.language else [])}
    return None if value in known else f"is one of {', '.join(sorted(known))}"


def _shop_quantity(asked: Asked, value: int) -> str | None:
    return None if value <= CLIENT_QUANTITY else f"is at most {CLIENT_QUANTITY} in one order"


def _shop_range(asked: Asked, value: int) -> str | None:
    first, last = _CLIENT_EXTENSIONS[0], _CLIENT_EXTENSIONS[-1]
    return None if value in _CLIENT_EXTENSIONS else f"is a number from {first} to {last}"


def _oneself(asked: Asked, value: str) -> str | None:
    return None if value.lower() == asked.actor.label.lower() else "is somebody else"


ANY = May("any that fits its form", _anything)
NONE = May("not to be given", _nothing)
_OFFERED = May("one that can be ordered now", _anything)
_PRICED = May("one on which the catalog has prices", _anything)
_NUMBER = May("one on offer where it is bought; the own one where the product says so", _anything)
_ACTIVE = May("an active one", _anything)
_STAFF_GROUPS = tuple(name for name in GROUPS if name != "superadmin")


@dataclass(frozen=True)
class Row:
    """What each role may put into a field. An auditor orders nothing."""

    client: May
    operator: May
    administrator: May
    system: May

    def of(self, role: Role) -> May:
        """What a role may."""
        ways = {
            Role.CLIENT: self.client, Role.OPERATOR: self.operator, Role.ADMINISTRATOR: self.administrator,
            Role.SYSTEM: self.system,
        }  # fmt: skip
        return ways.get(role, NONE)


def _all(may: May) -> Row:
    return Row(may, may, may, may)


def _client(may: May, others: May = ANY) -> Row:
    return Row(may, others, others, others)


FIELDS: dict[str, Row] = {
    "reference": _all(May("any that was not placed before", _anything)),
    "company": _all(ANY),
    "contact": _all(ANY),
    "email": _all(ANY),
    "phone": _all(ANY),
    "items[].product": _all(_OFFERED),
    "items[].bundle": _all(_OFFERED),
    "items[].quantity": _client(May(f"1 to {CLIENT_QUANTITY}", _shop_quantity)),
    "term": _all(_PRICED),
    "total": _all(May("what the order comes to now", _anything)),
    "number": _all(_NUMBER),
    "capacity": _all(May("one of those that the number is offered with", _anything)),
    "trunk.username": _all(May("where the number is the client's own", _anything)),
    "trunk.password": _all(May("where the number is the client's own", _anything)),
    "server": _all(_ACTIVE),
    "domain": Row(
        May("one free name under the server's domain that is not reserved", _label_below),
        May("a free one under the server's domain", _below),
        May("any free one", _anything),
        May("a free one under the server's domain", _below),
    ),
    "seats": _client(
        May("as many as the products give, or fewer", _packaged),
        May("as many as the products give; more with a reason", _packaged_or_reason),
    ),
    "seats_reason": _client(NONE),
    "first_extension": _client(May(f"{_CLIENT_EXTENSIONS[0]} to {_CLIENT_EXTENSIONS[-1]}", _shop_range)),
    "extensions[].number": _all(May("within the range of the order", _anything)),
    "extensions[].name": _all(ANY),
    "extensions[].email": _all(ANY),
    "extensions[].password": _all(ANY),
    "extensions[].voicemail_password": _all(ANY),
    "extensions[].toll_allow": _client(May(f"{DOMESTIC}, and those that the products give", _product_classes)),
    "admin.username": _all(ANY),
    "admin.method": _all(ANY),
    "admin.password": _all(ANY),
    "admin.email": _all(ANY),
    "admin.group": Row(
        May("admin or user", _groups("admin", "user")),
        May(", ".join(_STAFF_GROUPS), _groups(*_STAFF_GROUPS)),
        May(f"{', '.join(_STAFF_GROUPS)}; superadmin where the server's variables allow it", _any_group),
        May(", ".join(_STAFF_GROUPS), _groups(*_STAFF_GROUPS)),
    ),
    "admin.time_zone": _all(May("one of the tz database", _anything)),
    "admin.language": _client(May("one of the list, or the server's", _listed_language)),
    "client": _client(May("oneself", _oneself), May("an active client", _anything)),
    "price_agreed": _client(NONE, May("yes, when the client agreed to the new price", _anything)),
}  # fmt: skip
"""The table. A field of a list stands as name[].field."""


def groups(asked: Asked) -> list[tuple[str, str]]:
    """The groups that somebody may choose from, and what they mean."""
    return [(name, label) for name, label in GROUPS.items() if cause("admin.group", asked, name) is None]


def leaves(model: type[BaseModel], before: str = "") -> Iterator[str]:
    """The paths of all fields that a model can carry, as the table names them."""
    for name, field in model.model_fields.items():
        inner = _model_in(field.annotation)
        if inner is None:
            yield f"{before}{name}"
        else:
            listed = "list" in str(field.annotation)
            yield from leaves(inner, f"{before}{name}{'[]' if listed else ''}.")


def cause(path: str, asked: Asked, value: Any) -> str | None:
    """Why the actor may not put a value into a field, None where it may."""
    return FIELDS[re.sub(r"\[\d+\]", "[]", path)].of(asked.actor.role).rule(asked, value)


def refusals(given: BaseModel, asked: Asked, same: Callable[[str, Any], bool] = lambda path, value: False) -> list[Fault]:
    """What the actor may not ask for.

    Parameters: given, an order's input or an amendment; asked; same, tells of a path and value that nothing is changed
    by it: what an order holds already stays allowed.
    """
    found = []
    for path, value in _values(given):
        if same(path, value):
            continue
        refused = cause(path, asked, value)
        if refused:
            found.append(Fault(path, refused))
    return found


def _values(given: BaseModel, before: str = "") -> Iterator[tuple[str, Any]]:
    for name in type(given).model_fields:
        value = getattr(given, name)
        if isinstance(value, BaseModel):
            yield from _values(value, f"{before}{name}.")
        elif isinstance(value, list) and value and isinstance(value[0], BaseModel):
            for position, entry in enumerate(value):
                yield from _values(entry, f"{before}{name}[{position}].")
        elif value not in (None, [], False):
            yield f"{before}{name}", value


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = _model_in(inner)
        if found is not None:
            return found
    return None


def markdown() -> str:
    """The table for people."""
    lines = ["| field | client | operator | administrator | system |", "| --- | --- | --- | --- | --- |"]
    for path, row in FIELDS.items():
        words = (row.client.words, row.operator.words, row.administrator.words, row.system.words)
        lines.append(f"| `{path}` | {' | '.join(words)} |")
    return "\n".join(lines)
