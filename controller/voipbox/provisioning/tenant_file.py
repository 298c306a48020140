# SPDX-License-Identifier: GPL-3.0-or-later
"""The tenant file of an order: the contract with the collection. A test holds the model against the roles' specifications."""

from __future__ import annotations

from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from voipbox.orders.field_rules import DOMESTIC
from voipbox.orders.models import Order
from voipbox.providers.models import default_national_codes

UpdatePassword = Literal["on_create", "always"]


class Part(BaseModel):
    """Base: what is not known is refused."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Limits(Part):
    """Limits that FusionPBX's own pages keep."""

    extensions: int | None = None


class UserEntry(Part):
    """A person who may log in."""

    username: str
    password: str | None = Field(default=None, repr=False)
    update_password: UpdatePassword | None = None
    email: str | None = None
    group: str | None = None
    language: str | None = None
    time_zone: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    organization: str | None = None


class ExtensionEntry(Part):
    """An extension with its mailbox."""

    number: str
    password: str | None = Field(default=None, repr=False)
    voicemail_password: str | None = Field(default=None, repr=False)
    update_password: UpdatePassword | None = None
    name: str | None = None
    email: str | None = None
    toll_allow: list[str] | None = None
    caller_id_number: str | None = None
    emergency_caller_id_number: str | None = None
    user: str | None = None
    record: Literal["all", "local", "inbound", "outbound", "none"] | None = None


class GatewayEntry(Part):
    """The gateway to the number provider."""

    name: str
    proxy: str
    port: int | None = None
    transport: Literal["udp", "tcp", "tls"] | None = None
    realm: str | None = None
    username: str | None = None
    password: str | None = Field(default=None, repr=False)
    register_: bool | None = Field(default=None, alias="register")
    channels: int | None = None


class InboundEntry(Part):
    """A number and where it leads."""

    number: str
    template: str | None = None
    extension: str | None = None


class Trunk(Part):
    """Gateway, addresses and routes."""

    gateway: GatewayEntry
    provider_addresses: list[str] | None = None
    national_codes: list[str] | None = None
    inbound: list[InboundEntry] = []
    outbound: list[dict[str, Any]] = []


class TenantFile(Part):
    """A whole tenant file, as far as orders fill it."""

    domain: str
    domain_uuid: str | None = None
    description: str | None = None
    time_zone: str | None = None
    language: str | None = None
    limits: Limits | None = None
    users: list[UserEntry] = []
    extensions: list[ExtensionEntry] = []
    trunk: Trunk | None = None


def build(order: Order) -> TenantFile:
    """The tenant file of an order, with its secrets.

    They count for what a run makes; what is there keeps the passwords that people have chosen since, except for those that
    the order was amended with and that no run has carried out yet.
    """
    return TenantFile(
        domain=order.domain,
        domain_uuid=str(order.domain_uuid),
        description=order.company,
        time_zone=order.time_zone,
        language=order.language,
        limits=Limits(extensions=order.seats),
        users=[_admin(order)],
        extensions=_extensions(order),
        trunk=_trunk(order),
    )


def to_yaml(tenant: TenantFile) -> str:
    """The file's text: only keys that say something, in the order of the model."""
    content = tenant.model_dump(exclude_none=True, by_alias=True)
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=130)


class _Dumper(yaml.SafeDumper):
    """No anchors: people read and change these files."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _admin(order: Order) -> UserEntry:
    first, _, last = order.contact.strip().partition(" ")
    return UserEntry(
        username=order.admin_username, password=order.secrets.get("admin_password"),
        update_password="always" if order.secrets.get("amended", {}).get("admin") else "on_create", email=order.admin_email,
        group=order.admin_group, language=order.language, time_zone=order.time_zone,
        first_name=first, last_name=last.strip() or None, organization=order.company,
    )  # fmt: skip


def _extensions(order: Order) -> list[ExtensionEntry]:
    known = {entry["number"]: entry for entry in order.extensions}
    secrets = order.secrets.get("extensions", {})
    amended = order.secrets.get("amended", {}).get("extensions", [])
    entries = []
    for number in order.extension_numbers:
        own, secret = known.get(number, {}), secrets.get(number, {})
        entries.append(
            ExtensionEntry(
                number=number,
                password=secret.get("password"),
                voicemail_password=secret.get("voicemail_password"),
                update_password="always" if number in amended else "on_create",
                name=own.get("name"),
                email=own.get("email"),
                toll_allow=own.get("toll_allow", list(dict.fromkeys([DOMESTIC, *order.toll_classes]))),
                caller_id_number=order.number or None,
                emergency_caller_id_number=order.number or None,
                record=order.record or None,
            )
        )
    if entries:
        entries[0].user = order.admin_username
    return entries


def _trunk(order: Order) -> Trunk | None:
    account = order.provider
    if account is None:
        return None
    secret = order.secrets.get("trunk", {})
    return Trunk(
        gateway=GatewayEntry(
            name=account.slug, proxy=account.gateway_proxy, port=account.gateway_port, transport=account.gateway_transport,
            realm=account.gateway_realm or None, username=secret.get("username"), password=secret.get("password"),
            register=account.gateway_register, channels=account.channels,
        ),
        provider_addresses=list(account.addresses) or None,
        national_codes=None if account.national_codes == default_national_codes() else list(account.national_codes),
        inbound=[InboundEntry(number=order.number, template="did_to_extension", extension=order.extension_numbers[0])],
        outbound=list(account.outbound),
    )  # fmt: skip
