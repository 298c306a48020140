# SPDX-License-Identifier: GPL-3.0-or-later
"""The trunk of an order at its provider, and the number that leads to it."""

from __future__ import annotations

import datetime
import functools
import re
from collections.abc import Callable
from decimal import Decimal

from django.db import transaction

from voipbox.catalog.models import PbxServer
from voipbox.core import clock, identities
from voipbox.orders.models import Order
from voipbox.providers.drivers import open_driver
from voipbox.providers.errors import BadRequest, Conflict, PasswordUsed, Refusal, Temporary, Twins
from voipbox.providers.models import ProviderAccount
from voipbox.providers.protocol import Driver
from voipbox.providers.records import Trunk, TrunkWanted

from .models import OrderTrunk

_LONGEST_NAME = 32


def ensure(order: Order) -> None:
    """Make the trunk, let the number lead to it, and keep its credentials. Repeatable at any point. Raises ProviderError."""
    assert order.provider is not None
    row = _row(order, order.provider)
    with open_driver(order.provider) as driver:
        trunk = ask(order, row, driver.ensure_trunk)
        keep(order, row, trunk)
        driver.route(order.number, trunk)
        check_route(driver, order)
        _addresses(driver, order.provider)


def ask(order: Order, row: OrderTrunk, make: Callable[[TrunkWanted], Trunk]) -> Trunk:
    """Have a trunk made, and remember that it was asked for until that has a certain end. A password that the provider does not
    take again is replaced once. Raises ProviderError.
    """
    before = row.asked_at
    try:
        try:
            trunk = make(wanted(order, row))
        except PasswordUsed:
            _remember(row, before)
            _new_password(row)
            trunk = make(wanted(order, row))
    except Twins:
        raise
    except (Temporary, Refusal):
        _remember(row, before)
        raise
    if before is None:
        _remember(row, None)  # the first one was answered, so nothing else can come of it
    return trunk


def _remember(row: OrderTrunk, asked_at: datetime.datetime | None) -> None:
    OrderTrunk.objects.filter(pk=row.pk, generation=row.generation, asked_at=row.asked_at).update(asked_at=asked_at)
    row.asked_at = asked_at


def _new_password(row: OrderTrunk) -> None:
    """Another password for a trunk. Raises Temporary when somebody was first."""
    with transaction.atomic():
        fresh = OrderTrunk.objects.select_for_update().get(pk=row.pk)
        if (fresh.generation, fresh.wanted_password) != (row.generation, row.wanted_password):
            raise Temporary(f"The trunk {row.name} was given new credentials meanwhile.")
        fresh.wanted_password = {"password": identities.sip_password()}
        fresh.save(update_fields=["wanted_password"])
    row.wanted_password = fresh.wanted_password


def wanted(order: Order, row: OrderTrunk) -> TrunkWanted:
    """What the trunk of an order should be. Its password was committed before the provider sees it."""
    account = order.provider
    assert account is not None
    host, port, addresses = pbx_address(order.server)
    limit = account.options.get("spend_limit")
    return TrunkWanted(
        name=row.name, label=f"order {order.pk} {order.domain}"[:60], pbx_host=host, pbx_port=port, pbx_addresses=addresses,
        channels=account.channels, spend_limit=Decimal(str(limit)) if limit not in (None, "") else None,
        password=str(row.wanted_password["password"]), asked_at=row.asked_at,
        on_asking=functools.partial(_remember, row, clock.now()),
    )  # fmt: skip


def pbx_address(server: PbxServer) -> tuple[str, int, tuple[str, ...]]:
    """Where providers reach a PBX server, and the addresses it calls from. From its host variables voipbox_sip_host,
    voipbox_sip_port and voipbox_sip_addresses; without them its Ansible host or base domain, and FusionPBX's external profile.
    """
    variables = server.host_variables
    host = str(variables.get("voipbox_sip_host") or variables.get("ansible_host") or server.base_domain)
    addresses = variables.get("voipbox_sip_addresses") or ()
    addresses = [addresses] if isinstance(addresses, str) else addresses
    return host, int(variables.get("voipbox_sip_port") or 5080), tuple(str(one) for one in addresses)


def impossible(order: Order) -> str | None:
    """Why no trunk could be made for a number, which then must not be bought; None when nothing is known against it."""
    account = order.provider
    try:
        addresses = pbx_address(order.server)[2]
    except ValueError:
        return (
            f"The host variable voipbox_sip_port of the PBX server {order.server.slug} is no number: correct it, then retry the "
            "order. Nothing was bought."
        )
    if account is None or account.gateway_register or addresses:
        return None
    return (
        f"{account.name} takes calls from named addresses only, and the PBX server {order.server.slug} names none: set its host "
        "variable voipbox_sip_addresses, then retry the order. Nothing was bought."
    )


def keep(order: Order, row: OrderTrunk, trunk: Trunk) -> None:
    """Write down a trunk as the provider has it, with its credentials in the order's sealed secrets. Raises BadRequest."""
    password = trunk.password or str(row.wanted_password["password"])
    if order.provider is not None and order.provider.gateway_register and not trunk.username:
        raise BadRequest(f"{order.provider.name} told no user name for the trunk {row.name}.")
    with transaction.atomic():
        fresh = Order.objects.select_for_update().get(pk=order.pk)
        fresh.secrets = {**fresh.secrets, "trunk": {"username": trunk.username, "password": password}}
        fresh.save(update_fields=["secrets"])
        values = {"username": trunk.username, "ids": dict(trunk.ids), "checked_at": clock.now()}
        if not OrderTrunk.objects.filter(pk=row.pk, generation=row.generation).update(**values):
            raise Temporary(f"The trunk of order {order.pk} was given new credentials meanwhile.")
        row.username, row.ids = trunk.username, values["ids"]
    order.secrets = fresh.secrets


def of(row: OrderTrunk) -> Trunk:
    """A kept trunk in the driver's terms, without its password."""
    return Trunk(row.name, row.username, row.ids)


def check_route(driver: Driver, order: Order) -> None:
    """The number must come in where the gateway registers. Raises Conflict.

    At the first provider a number whose point of presence is not the gateway's never rings, and nothing reports it.
    """
    assert order.provider is not None
    pop = str(order.provider.options.get("pop") or "")
    owned = driver.number(order.number)
    if owned is None:
        raise Conflict(f"{order.number} is not among the numbers of {order.provider.name}.")
    if pop and owned.pop and owned.pop != pop:
        raise Conflict(
            f"{order.number} comes in at point of presence {owned.pop}, but the gateway registers at {pop}: it would never ring."
        )


def _row(order: Order, account: ProviderAccount) -> OrderTrunk:
    """The order's row; name and password are committed before anything is asked of the provider."""
    with transaction.atomic():
        row, _ = OrderTrunk.objects.get_or_create(
            order=order,
            defaults={
                "account": account,
                "name": name_of(order, 1),
                "wanted_password": {"password": identities.sip_password()},
            },
        )
    return row


def name_of(order: Order, generation: int) -> str:
    """A name that is unique at the account and tells whose trunk it is: acme-12, re-keyed acme-12-2."""
    end = f"-{order.pk}" + (f"-{generation}" if generation > 1 else "")
    label = re.sub(r"[^a-z0-9-]", "", order.domain.split(".")[0])[: _LONGEST_NAME - len(end)].strip("-")
    return f"{label or 'tenant'}{end}"


def _addresses(driver: Driver, account: ProviderAccount) -> None:
    """The PBX must let the provider's addresses in; an account that names none takes those that the provider tells."""
    if not account.addresses:
        account.addresses = list(driver.addresses())
        ProviderAccount.objects.filter(pk=account.pk).update(addresses=account.addresses)
