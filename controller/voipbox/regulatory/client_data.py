# SPDX-License-Identifier: GPL-3.0-or-later
"""What a client gives about the user of a number: the fields of the checkout's step for regulated numbers.

Which of them are needed is the provider's to say (needs.py); here they only have to be well formed.
"""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from voipbox.core import clock, countries
from voipbox.orders import text_rules
from voipbox.orders.intake import Email, Part, Phone, Text, with_country

_OLDEST = datetime.date(1900, 1, 1)


def _birthday(value: datetime.date) -> datetime.date:
    if not _OLDEST <= value < clock.now().date():
        raise ValueError("is no date of birth; write it like 1980-02-03")
    return value


def _visible(value: str) -> str:
    """Text of several lines."""
    cause = text_rules.invisible(value.replace("\n", "").replace("\r", "").replace("\t", ""))
    if cause:
        raise ValueError(cause)
    return value


def _country(value: str) -> str:
    if value not in countries.names():
        raise ValueError("is no ISO 3166 code of a country, such as ZA for South Africa")
    return value


Country = Annotated[
    str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166 code in capitals, such as ZA."), AfterValidator(_country)
]
Identifier = Annotated[str, Field(min_length=1, max_length=50, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ./_-]*$")]


class IdentityIn(Part):
    """Who uses the number. For a business, first and last name are those of its contact."""

    kind: Literal["personal", "business"]
    first_name: Text
    last_name: Text
    phone: Phone
    country: Country | None = None
    birth_date: Annotated[datetime.date, AfterValidator(_birthday)] | None = None
    birth_country: Country | None = None
    contact_email: Email | None = None
    personal_tax_id: Identifier | None = None
    id_number: Identifier | None = None
    vat_id: Identifier | None = None
    company: Text | None = None
    company_reg_number: Identifier | None = None

    @model_validator(mode="before")
    @classmethod
    def _national(cls, data: Any) -> Any:
        country = data.get("country") if isinstance(data, dict) else None
        return with_country(data, country if isinstance(country, str) else "")


class AddressIn(Part):
    """Where the number is used. area: the provider's regulatory area or city by name, where the city's own name is none."""

    country: Country
    city: Text
    postal_code: Annotated[str, Field(min_length=1, max_length=20, pattern=r"^[A-Za-z0-9][A-Za-z0-9 -]*$")]
    street: Text
    area: Text | None = None


class ClientData(Part):
    """What is stored at once; what is left out stays as it was."""

    identity: IdentityIn | None = None
    address: AddressIn | None = None
    service: Annotated[str, Field(max_length=1000), AfterValidator(_visible)] | None = Field(
        default=None, description="What the number is used for, where the provider wants to know."
    )
