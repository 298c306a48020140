# SPDX-License-Identifier: GPL-3.0-or-later
"""Places and groups of numbers that every sandbox starts with. Numbers are from ranges set aside for fiction, or 555-01xx."""

from __future__ import annotations

from typing import NamedTuple

VOICE = ("voice_in", "voice_out")


class Country(NamedTuple):
    """A country. vat: per cent; registered: whether its numbers need registration."""

    iso: str
    name: str
    prefix: str
    vat: int
    registered: bool = False


class City(NamedTuple):
    """A city with local numbers. start: a number (without the country's prefix) from which the group counts up; amount, how
    many there are; prices, setup and monthly without channels, monthly with two; single, whether they are sold singly."""

    country: str
    region: str
    area: str
    name: str
    prefix: str
    start: str
    amount: int
    prices: tuple[str, str, str]
    single: bool = True


class Group(NamedTuple):
    """Numbers of a country that belong to no city."""

    country: str
    kind: str
    area_name: str
    prefix: str
    start: str
    amount: int
    prices: tuple[str, str, str]
    features: tuple[str, ...] = VOICE
    metered: bool = False
    restrictions: str = ""


GROUP_TYPES = ("Local", "National", "Mobile", "Toll-free")

COUNTRIES = (
    Country("ZA", "South Africa", "27", 15, registered=True),
    Country("GB", "United Kingdom", "44", 20),
    Country("DE", "Germany", "49", 19, registered=True),
    Country("US", "United States", "1", 0),
    Country("CA", "Canada", "1", 0),
)

# country, ISO code, name
REGIONS = (
    ("ZA", "GP", "Gauteng"),
    ("ZA", "WC", "Western Cape"),
    ("ZA", "KZN", "KwaZulu-Natal"),
    ("ZA", "EC", "Eastern Cape"),
    ("GB", "ENG", "England"),
    ("GB", "SCT", "Scotland"),
    ("DE", "BE", "Berlin"),
    ("DE", "HH", "Hamburg"),
    ("US", "NY", "New York"),
    ("US", "CA", "California"),
    ("US", "FL", "Florida"),
    ("CA", "ON", "Ontario"),
    ("CA", "BC", "British Columbia"),
    ("CA", "QC", "Quebec"),
)

_ZA, _GB, _DE, _NANP = ("1.0", "1.5", "4.0"), ("0.0", "0.3", "0.8"), ("12.0", "5.0", "7.5"), ("0.5", "0.15", "1.15")

CITIES = (
    City("ZA", "GP", "Johannesburg", "Johannesburg", "11", "115550100", 100, _ZA),
    City("ZA", "GP", "Pretoria", "Pretoria", "12", "125550100", 40, _ZA, single=False),
    City("ZA", "WC", "Cape Town", "Cape Town", "21", "215550100", 100, _ZA),
    City("ZA", "KZN", "Durban", "Durban", "31", "315550100", 60, _ZA),
    City("ZA", "EC", "Gqeberha", "Gqeberha", "41", "415550100", 0, _ZA),
    City("GB", "ENG", "London", "London", "20", "2079460000", 1000, _GB),
    City("GB", "ENG", "Leeds", "Leeds", "113", "1134960000", 200, _GB),
    City("GB", "ENG", "Manchester", "Manchester", "161", "1614960000", 200, _GB),
    City("GB", "SCT", "Edinburgh", "Edinburgh", "131", "1314960000", 200, _GB),
    City("DE", "BE", "Berlin", "Berlin", "30", "3023125000", 200, _DE),
    City("DE", "HH", "Hamburg", "Hamburg", "40", "4066969000", 100, _DE),
    City("US", "NY", "New York", "New York", "212", "2125550100", 100, _NANP),
    City("US", "CA", "Los Angeles", "Los Angeles", "213", "2135550100", 100, _NANP),
    City("US", "FL", "Miami", "Miami", "305", "3055550100", 100, _NANP),
    City("CA", "ON", "Toronto", "Toronto", "416", "4165550100", 100, _NANP),
    City("CA", "BC", "Vancouver", "Vancouver", "604", "6045550100", 100, _NANP),
    City("CA", "QC", "Montreal", "Montreal", "514", "5145550100", 100, _NANP),
)

GROUPS = (
    Group(
        "ZA",
        "National",
        "National",
        "87",
        "875550100",
        40,
        ("2.0", "2.5", "5.0"),
        restrictions="Numbers of this range may only be used for calls that people answer.",
    ),
    Group("GB", "Mobile", "Mobile", "7700", "7700900000", 100, ("2.0", "1.0", "2.0"), (*VOICE, "sms_in")),
    Group("GB", "Toll-free", "Toll-free", "808", "8081570000", 50, ("5.0", "4.0", "6.0"), ("voice_in",), metered=True),
)

POPS = ("USA, NY", "USA, LA", "USA, MIA", "DE, FRA", "NL, AMS", "SG", "HK")
