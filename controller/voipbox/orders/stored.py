# SPDX-License-Identifier: GPL-3.0-or-later
"""Between an order that was checked and the row that keeps it."""

from __future__ import annotations

from typing import Any

from voipbox.catalog.models import PbxServer
from voipbox.core import countries, identities

from .checks import Checked
from .intake import AdminInput, Amendment, ExtensionInput, ItemInput, OrderInput, TrunkInput
from .models import Order

_TOLD = (
    "company", "contact", "email", "phone", "number", "domain", "seats", "first_extension", "extensions", "admin_username",
    "admin_email", "admin_method", "admin_group", "time_zone", "language", "record",
)  # fmt: skip


def fields_of(checked: Checked) -> dict[str, Any]:
    """The columns of an order, without status and secrets."""
    given, admin = checked.given, checked.given.admin
    return {
        "regulated": checked.regulated,
        "company": given.company,
        "contact": given.contact,
        "email": given.email,
        "phone": given.phone,
        "server": checked.server,
        "provider": checked.provider,
        "term": checked.term,
        "number": given.number or "",
        "domain": checked.domain,
        "seats": checked.seats,
        "first_extension": checked.first_extension,
        "extensions": [
            extension.model_dump(exclude={"password", "voicemail_password"}, exclude_none=True) for extension in given.extensions
        ],
        "record": checked.record,
        "price": checked.summary.to_json(),
        "toll_classes": list(checked.toll_classes),
        "admin_username": admin.username,
        "admin_email": admin.email or given.email,
        "admin_method": admin.method or ("password" if admin.password else "invitation"),
        "admin_group": admin.group,
        "time_zone": admin.time_zone or _zone(given.number or "", checked.server.time_zone),
        "language": admin.language or checked.server.language,
    }


def _zone(number: str, of_server: str) -> str:
    """Where nobody says one: that of the number's country; the server's where it lies there or nothing is known."""
    return countries.zone(countries.of_number(number), of_server) or of_server


def secrets_of(checked: Checked, known: dict[str, Any]) -> dict[str, Any]:
    """All secrets of an order: those given, those known before, and new ones for the rest.

    They are made here and sealed with the order, before any run: a run that dies loses none. Under amended stands whose
    secrets an amendment has replaced since a run may have made them: only those does the next run write to what is there.
    """
    given = checked.given
    extensions: dict[str, dict[str, str]] = {}
    entered = {extension.number: extension for extension in given.extensions}
    before = known.get("extensions", {})
    for seat in range(checked.seats):
        number = str(checked.first_extension + seat)
        own, old = entered.get(number), before.get(number, {})
        extensions[number] = {
            "password": (own and own.password) or old.get("password") or identities.sip_password(),
            "voicemail_password": (own and own.voicemail_password) or old.get("voicemail_password") or identities.pin(),
        }
    secrets: dict[str, Any] = {
        "admin_password": given.admin.password or known.get("admin_password") or identities.login_password(),
        "extensions": extensions,
    }
    if checked.provider is not None:
        secrets["trunk"] = _trunk(checked, known)
    amended = _amended(secrets, known)
    if amended:
        secrets["amended"] = amended
    return secrets


def _amended(secrets: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """Whose secrets are others than before, with those amended earlier that no run has completed since."""
    earlier, before = known.get("amended", {}), known.get("extensions", {})
    numbers = [
        number
        for number, values in secrets["extensions"].items()
        if number in earlier.get("extensions", []) or (number in before and before[number] != values)
    ]
    admin = earlier.get("admin") or known.get("admin_password") not in (None, secrets["admin_password"])
    return {**({"admin": True} if admin else {}), **({"extensions": numbers} if numbers else {})}


def without_amended(secrets: dict[str, Any]) -> dict[str, Any]:
    """The secrets after a run that completed: what was amended is on the PBX server, and people may change it from now on."""
    return {name: value for name, value in secrets.items() if name != "amended"}


def _trunk(checked: Checked, known: dict[str, Any]) -> dict[str, str]:
    if checked.given.trunk:
        return checked.given.trunk.model_dump()
    if known.get("trunk"):
        return dict(known["trunk"])
    return {"username": f"vb{identities.sip_password()[:10].lower()}", "password": identities.sip_password()}


def as_input(order: Order, change: Amendment) -> OrderInput:
    """An order as it would come in today, with a change over it. Secrets that are known stay out of it."""
    # Not held to the rules anew: those of today may be stricter than when it was placed, and this is how it is mended.
    extensions = [ExtensionInput.model_construct(**extension) for extension in order.extensions]
    base = OrderInput.model_construct(
        reference=order.reference,
        company=order.company,
        contact=order.contact,
        email=order.email,
        phone=order.phone,
        items=[
            ItemInput(
                product=item.product.slug if item.product else None,
                bundle=item.bundle.slug if item.bundle else None,
                quantity=item.quantity,
            )
            for item in order.items.select_related("product", "bundle")
        ],
        term=order.term.slug if order.term else None,
        total=None,
        number=order.number or None,
        capacity=None,
        trunk=None,
        server=order.server.slug,
        domain=order.domain,
        seats=order.seats,
        seats_reason=None,
        first_extension=order.first_extension,
        extensions=extensions,
        admin=AdminInput.model_construct(
            username=order.admin_username,
            method="invitation" if order.admin_method == "invitation" else "password",
            password=None,
            email=order.admin_email,
            group=order.admin_group,
            time_zone=order.time_zone,
            language=order.language,
        ),
        client=None,
    )
    for name in change.model_fields_set & OrderInput.model_fields.keys() - {"admin"}:
        if getattr(change, name) is not None:
            setattr(base, name, getattr(change, name))
    if change.server and change.server != order.server.slug and not change.domain:
        base.domain = _moved(order, change.server)
    if change.admin is not None:
        for name in change.admin.model_fields_set:
            setattr(base.admin, name, getattr(change.admin, name))
        if change.admin.password and change.admin.method is None:
            base.admin.method = "password"
    if change.trunk is not None:
        base.trunk = TrunkInput(**change.trunk.model_dump())
    if "seats" in change.model_fields_set or "first_extension" in change.model_fields_set:
        last = (base.first_extension or 0) + (base.seats or 0)
        if change.extensions is None:
            base.extensions = [one for one in extensions if (base.first_extension or 0) <= int(one.number) < last]
    return base


def _moved(order: Order, server: str) -> str:
    """The domain of an order that goes to another server: the same name under that one's base domain, where it stood under
    the former one's."""
    new = PbxServer.objects.filter(slug=server).first()
    under = f".{order.server.base_domain}"
    if new is None or not order.domain.endswith(under):
        return order.domain
    return f"{order.domain.removesuffix(under)}.{new.base_domain}"


def told(order: Order) -> dict[str, Any]:
    """What the audit tells of an order."""
    return {
        **{name: getattr(order, name) for name in _TOLD},
        "server": order.server.slug,
        "provider": order.provider.slug if order.provider else None,
    }
