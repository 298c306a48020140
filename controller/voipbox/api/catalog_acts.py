# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes of the catalog by a person: administrators make them, and the audit tells of each."""

from __future__ import annotations

import re
from typing import Any

from django.db import transaction

from voipbox.catalog import exchange, mapping
from voipbox.catalog.document import CatalogDocument
from voipbox.catalog.models import Bundle, PbxServer, Product, ProductGroup
from voipbox.core.errors import Fault, NotAllowed, NotThere, Refused
from voipbox.core.people import Actor, Role
from voipbox.orders import audit
from voipbox.providers.models import ProviderAccount

_TARGETS: dict[str, tuple[Any, Any]] = {
    "group": (ProductGroup, mapping.map_group),
    "product": (Product, mapping.map_product),
    "bundle": (Bundle, mapping.map_bundle),
}
_VARIABLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_LONGEST = 4000


def load(document: CatalogDocument, actor: Actor) -> list[str]:
    """Bring the catalog to a document; returns a line for each thing created or changed. Raises Refused, NotAllowed."""
    _only_administrators(actor)
    with transaction.atomic():
        lines = exchange.load(document)
        if lines:
            audit.write(actor, "change_catalog", after={"changes": lines})
    return lines


def put_mapping(kind: str, slug: str, account_slug: str, actor: Actor) -> str:
    """Map a group, product or bundle to an account, to none where that is empty; returns what was done.

    Raises NotAllowed, NotThere, Refused.
    """
    _only_administrators(actor)
    if kind not in _TARGETS:
        raise Refused([Fault("kind", "is group, product or bundle")])
    model, put = _TARGETS[kind]
    target = model.objects.filter(slug=slug.replace("\x00", "")).first()
    if target is None:
        raise NotThere(f"There is no such {kind}.")
    if not account_slug:
        with transaction.atomic():
            gone = mapping.unmap(target)
            if gone:
                audit.write(actor, "unmap", after={kind: target.slug})
        return f"The rule of the {kind} {target.name} is gone." if gone else f"The {kind} {target.name} had no rule."
    account = ProviderAccount.objects.filter(slug=account_slug.replace("\x00", "")).first()
    if account is None:
        raise Refused([Fault("account", "there is no such account")])
    with transaction.atomic():
        put(target, account)
        audit.write(actor, "map", after={kind: target.slug, "account": account.slug})
    return f"The {kind} {target.name} is mapped to {account.name}."


def seal_variable(server: PbxServer, name: str, value: str, actor: Actor) -> None:
    """Store a secret variable of a server's host; it is never shown again. An empty value takes it away.

    Raises NotAllowed, Refused.
    """
    _only_administrators(actor)
    if not _VARIABLE.fullmatch(name):
        raise Refused([Fault("secret_name", "is a variable's name, such as ansible_become_password")])
    if len(value) > _LONGEST or "\x00" in value:
        raise Refused([Fault("secret_value", f"is at most {_LONGEST} characters")])
    with transaction.atomic():
        fresh = PbxServer.objects.select_for_update().get(pk=server.pk)
        known = {key: kept for key, kept in fresh.secret_variables.items() if key != name}
        fresh.secret_variables = {**known, name: value} if value else known
        fresh.save(update_fields=["secret_variables"])
        audit.write(actor, "seal_variable", after={"server": server.slug, "variable": name, "stored": bool(value)})


def _only_administrators(actor: Actor) -> None:
    if actor.role != Role.ADMINISTRATOR:
        raise NotAllowed("The catalog is changed by administrators. Nothing was changed.")
