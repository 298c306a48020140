# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalog as a YAML document: its shape, checked before anything is written."""

from __future__ import annotations

import ipaddress
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=50)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]
Text = Annotated[str, StringConstraints(max_length=2000)]
Host = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$", max_length=253)]
_PORTS = 2**16


class Part(BaseModel):
    """Base: unknown keys are refused, so that a misspelt one is not lost."""

    model_config = ConfigDict(extra="forbid")


class PriceDocument(Part):
    """What something costs on a term. state: absent takes the price away, which is then given by term and currency alone."""

    state: Literal["present", "absent"] = "present"
    term: Slug
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "USD"
    setup: Decimal = Field(default=Decimal(0), ge=0, max_digits=12, decimal_places=4)
    recurring: Decimal = Field(default=Decimal(0), ge=0, max_digits=12, decimal_places=4)

    @model_validator(mode="after")
    def _says_how_much(self) -> PriceDocument:
        if self.state == "present" and "recurring" not in self.model_fields_set:
            raise ValueError("recurring is required")
        return self


class AccountDocument(Part):
    """A provider account, without its credentials."""

    slug: Slug
    name: Name
    driver: Slug
    sandbox: bool = False
    active: bool = True
    auto_run: bool = False
    gateway_proxy: Host
    gateway_port: int = Field(default=5060, ge=1, le=65535)
    gateway_transport: Literal["udp", "tcp", "tls"] = "udp"
    gateway_realm: Host | Literal[""] = ""
    gateway_register: bool = True
    channels: int = Field(default=10, ge=0, le=10000)
    addresses: list[str] = []
    outbound: list[dict[str, Any]] | None = None
    national_codes: list[Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,2}$")]] = ["1"]
    options: dict[str, Any] = {}


class ServerDocument(Part):
    """A PBX server, without its secret variables."""

    slug: Slug
    name: Name
    base_domain: Annotated[
        str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$", max_length=200)
    ]
    active: bool = True
    default: bool = False
    host_variables: dict[str, Any] = {}
    time_zone: str = "America/Toronto"
    language: str = "en-us"
    first_extension: int = Field(default=1001, ge=1, le=99_999_999)

    @field_validator("host_variables")
    @classmethod
    def _addresses_fit(cls, value: dict[str, Any]) -> dict[str, Any]:
        """What a trunk is made with later is looked at now."""
        port, addresses = value.get("voipbox_sip_port", 5080), value.get("voipbox_sip_addresses") or []
        if not str(port).isascii() or not str(port).isdigit() or not 0 < int(port) < _PORTS:
            raise ValueError("voipbox_sip_port is a number from 1 to 65535")
        for address in [addresses] if isinstance(addresses, str) else addresses:
            try:
                ipaddress.ip_network(str(address))
            except ValueError:
                raise ValueError("voipbox_sip_addresses is a list of networks such as 192.0.2.10/32") from None
        return value


class TermDocument(Part):
    """A billing term."""

    slug: Slug
    name: Name
    months: int = Field(ge=0, le=120)


class GroupDocument(Part):
    """A product group."""

    slug: Slug
    name: Name
    description: Text = ""
    position: int = Field(default=0, ge=0)


class ProductDocument(Part):
    """A product and its prices."""

    slug: Slug
    name: Name
    description: Text = ""
    group: Slug
    kind: Literal["number-first", "number-second", "extensions", "feature"]
    seats: int = Field(default=0, ge=0, le=10000)
    feature: Literal["", "call-recording"] = ""
    record: Literal["", "all", "local", "inbound", "outbound"] = ""
    toll_allow: list[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]] = Field(default=[], max_length=10)
    active: bool = True
    auto_run: bool = False
    prices: list[PriceDocument] = []


class ItemDocument(Part):
    """A product in a bundle."""

    product: Slug
    quantity: int = Field(default=1, ge=1, le=1000)


class BundleDocument(Part):
    """A bundle, its products and prices."""

    slug: Slug
    name: Name
    description: Text = ""
    active: bool = True
    auto_run: bool = False
    items: list[ItemDocument] = Field(min_length=1)
    prices: list[PriceDocument] = []


class MappingsDocument(Part):
    """Rules: slug of the target to slug of the account."""

    groups: dict[Slug, Slug] = {}
    products: dict[Slug, Slug] = {}
    bundles: dict[Slug, Slug] = {}


class CatalogDocument(Part):
    """A whole catalog. Sections that are left out are not touched; nothing is ever deleted by an import."""

    accounts: list[AccountDocument] = []
    servers: list[ServerDocument] = []
    terms: list[TermDocument] = []
    groups: list[GroupDocument] = []
    products: list[ProductDocument] = []
    bundles: list[BundleDocument] = []
    mappings: MappingsDocument = MappingsDocument()
