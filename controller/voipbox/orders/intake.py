# SPDX-License-Identifier: GPL-3.0-or-later
"""What an order says when it comes in, from a file, the command line, the API or a page."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, model_validator

from voipbox.core import countries
from voipbox.core.errors import Fault, Refused

from . import text_rules

Model = TypeVar("Model", bound=BaseModel)


def _must(rule: Callable[[str], str | None]) -> AfterValidator:
    def check(value: str) -> str:
        cause = rule(value)
        if cause:
            raise ValueError(cause)
        return value

    return AfterValidator(check)


def _as(rule: Callable[[str], tuple[str, str | None]]) -> AfterValidator:
    def check(value: str) -> str:
        normal, cause = rule(value)
        if cause:
            raise ValueError(cause)
        return normal

    return AfterValidator(check)


Text = Annotated[str, Field(min_length=1, max_length=100), _must(text_rules.text)]
Spoken = Annotated[str, Field(min_length=1, max_length=60), _must(text_rules.spoken)]
Shown = Annotated[str, Field(min_length=1, max_length=60), _must(text_rules.shown_name)]
Email = Annotated[str, Field(max_length=254), _must(text_rules.email)]
Phone = Annotated[str, Field(max_length=40), _as(text_rules.phone)]
Did = Annotated[str, Field(max_length=40), _as(text_rules.did)]
Slug = Annotated[str, Field(max_length=63, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Domain = Annotated[str, Field(max_length=253), _must(text_rules.domain)]


class Part(BaseModel):
    """Base: unknown keys are refused, so that a misspelt one is not lost."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


def with_country(data: Any, country: str) -> Any:
    """Raw input whose telephone number, where it is a national one, is read as one of a country (ISO code, "" for none)."""
    if not country or not isinstance(data, dict) or not isinstance(data.get("phone"), str):
        return data
    normal, cause = text_rules.phone(data["phone"], country)
    return data if cause else {**data, "phone": normal}


class Reachable(Part):
    """Base of what holds a telephone number beside the number that is ordered: that one tells the country."""

    @model_validator(mode="before")
    @classmethod
    def _national(cls, data: Any, info: ValidationInfo) -> Any:
        number = data.get("number") if isinstance(data, dict) else None
        country = countries.of_number(number) if isinstance(number, str) else ""
        return with_country(data, country or (info.context or {}).get("country", ""))


class ItemInput(Part):
    """A product or a bundle, by its slug."""

    product: Slug | None = None
    bundle: Slug | None = None
    quantity: int = Field(default=1, ge=1, le=1000)


class AdminInput(Part):
    """The first user of the tenant. Without a password it is invited by a link."""

    username: Annotated[str, _must(text_rules.username)] = "admin"
    method: Literal["password", "invitation"] | None = None
    password: Annotated[str, _must(text_rules.login_password)] | None = Field(default=None, repr=False)
    email: Email | None = None
    group: Annotated[str, _must(text_rules.username)] = "admin"
    time_zone: Annotated[str, _must(text_rules.time_zone)] | None = None
    language: Annotated[str, _must(text_rules.language)] | None = None


class TrunkInput(Part):
    """Credentials at the provider, for numbers that the client brings."""

    username: Annotated[str, _must(text_rules.gateway_user)]
    password: Annotated[str, _must(text_rules.sip_password)] = Field(repr=False)


class ExtensionInput(Part):
    """What is known of one seat; the others get names of their own later."""

    number: Annotated[str, Field(pattern=r"^[0-9]{1,8}$")]
    name: Shown | None = None
    email: Email | None = None
    password: Annotated[str, _must(text_rules.sip_password)] | None = Field(default=None, repr=False)
    voicemail_password: Annotated[str, _must(text_rules.pin)] | None = Field(default=None, repr=False)
    toll_allow: list[Annotated[str, _must(text_rules.username)]] | None = Field(default=None, max_length=10)


class OrderInput(Reachable):
    """A whole order."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [
                {
                    "company": "Acme Corp",
                    "contact": "Ada Admin",
                    "email": "ada@acme.example",
                    "phone": "+14165550123",
                    "items": [{"product": "office-10"}, {"product": "canada-number"}],
                    "term": "monthly",
                    "number": "+14165550100",
                    "trunk": {"username": "acme-trunk", "password": "Example-Trunk-1"},
                }
            ]
        },
    )

    reference: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._:/-]+$")] | None = Field(
        default=None, description="The order's name in the system it comes from; the same one is never placed twice."
    )
    company: Text
    contact: Spoken
    email: Email
    phone: Phone
    items: list[ItemInput] = Field(min_length=1, max_length=50)
    term: Slug | None = Field(default=None, description="Billing term; required where what is ordered is priced by term.")
    total: Decimal | None = Field(
        default=None,
        ge=0,
        max_digits=14,
        decimal_places=2,
        description="Total of the first payment, with VAT, that the client saw; an order that comes to another one is refused.",
    )
    number: Did | None = Field(default=None, description="The number in E.164.")
    capacity: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_-]+$")] | None = Field(
        default=None, description="How a bought number is paid: the provider's plan; without one the cheapest by the month."
    )
    trunk: TrunkInput | None = None
    server: Slug | None = Field(default=None, description="PBX server; without one the default server.")
    domain: Domain | None = Field(default=None, description="Tenant domain; without one it is made from the company name.")
    seats: int | None = Field(default=None, ge=1, le=1000, description="Extensions; without one as many as the products give.")
    seats_reason: Annotated[str, Field(min_length=1, max_length=500), _must(text_rules.text)] | None = Field(
        default=None, description="Why staff give more extensions than the products; the audit keeps it."
    )
    first_extension: int | None = Field(default=None, ge=1, le=99_999_999)
    extensions: list[ExtensionInput] = Field(default_factory=list, max_length=1000)
    admin: AdminInput = Field(default_factory=AdminInput)
    client: Email | None = Field(default=None, description="The client's address, where staff or a program order for one.")


class Amendment(Reachable):
    """What staff may correct before an order is placed."""

    company: Text | None = None
    contact: Spoken | None = None
    email: Email | None = None
    phone: Phone | None = None
    number: Did | None = None
    capacity: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_-]+$")] | None = None
    trunk: TrunkInput | None = None
    server: Slug | None = None
    domain: Domain | None = None
    seats: int | None = Field(default=None, ge=1, le=1000)
    first_extension: int | None = Field(default=None, ge=1, le=99_999_999)
    extensions: list[ExtensionInput] | None = Field(default=None, max_length=1000)
    admin: AdminInput | None = None
    price_agreed: bool | None = Field(
        default=None, description="The client agreed to the price of the other number, or of paying it another way."
    )


def faults_of(error: ValidationError) -> list[Fault]:
    """What pydantic found as field paths and causes, without the values."""
    found = []
    for item in error.errors(include_input=False, include_context=False, include_url=False):
        path = ""
        for part in item["loc"]:
            path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
        cause = item["msg"].removeprefix("Value error, ")
        found.append(Fault(path or "order", "is required" if item["type"] == "missing" else cause))
    return found


def parse(model: type[Model], content: Any, country: str = "") -> Model:
    """Content, such as a mapping from a file, as a model. Raises Refused with every fault.

    country: ISO code by which national telephone numbers are read where the content has no number that tells it.
    """
    try:
        return model.model_validate(content, context={"country": country})
    except ValidationError as error:
        raise Refused(faults_of(error)) from None
