# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the sandbox's servers stand and its numbers belong. All numbers are from the fictional 555-01xx."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pop:
    """A server that gateways register to. Ids do not follow the numbering of the hosts."""

    id: str
    name: str
    host: str
    address: str
    country: str
    recommended: bool = False


@dataclass(frozen=True)
class RateCentre:
    """A place with area codes; a hundred numbers each. codes empty: none left there."""

    country: str
    region: str
    name: str
    codes: tuple[str, ...] = ()
    back_orders: bool = True


# The unnumbered host of a city is its first server.
POPS = (
    Pop("45", "Toronto 1, ON", "toronto.provider1.example", "198.51.100.50", "Canada", True),
    Pop("99", "Toronto 2, ON", "toronto2.provider1.example", "198.51.100.51", "Canada"),
    Pop("98", "Toronto 3, ON", "toronto3.provider1.example", "198.51.100.52", "Canada"),
    Pop("11", "Montreal 1, QC", "montreal1.provider1.example", "198.51.100.60", "Canada"),
    Pop("38", "Montreal 2, QC", "montreal2.provider1.example", "198.51.100.61", "Canada"),
    Pop("17", "Vancouver 1, BC", "vancouver1.provider1.example", "198.51.100.70", "Canada"),
    Pop("73", "New York 7, NY", "newyork7.provider1.example", "198.51.100.77", "USA", True),
    Pop("5", "Seattle 1, WA", "seattle1.provider1.example", "198.51.100.80", "USA"),
    Pop("23", "Los Angeles 2, CA", "losangeles2.provider1.example", "198.51.100.90", "USA"),
)

PROVINCES = {
    "AB": "ALBERTA", "BC": "BRITISH COLUMBIA", "MB": "MANITOBA", "NB": "NEW BRUNSWICK", "NS": "NOVA SCOTIA",
    "ON": "ONTARIO", "QC": "QUEBEC", "SK": "SASKATCHEWAN",
}  # fmt: skip
STATES = {
    "CA": "CALIFORNIA", "FL": "FLORIDA", "IL": "ILLINOIS", "NY": "NEW YORK", "TX": "TEXAS", "WA": "WASHINGTON",
}  # fmt: skip

# Names are upper case in the USA and mixed in Canada, and must be sent back as they are.
RATE_CENTRES = (
    RateCentre("CA", "ON", "Toronto", ("416", "647", "437")),
    RateCentre("CA", "ON", "Ottawa-Hull", ("613", "343")),
    RateCentre("CA", "ON", "Hamilton", ("905", "289")),
    RateCentre("CA", "ON", "Stoney Point"),
    RateCentre("CA", "QC", "Montreal", ("514", "438")),
    RateCentre("CA", "QC", "Quebec", ("418",)),
    RateCentre("CA", "BC", "Vancouver", ("604", "778")),
    RateCentre("CA", "BC", "Victoria", ("250",)),
    RateCentre("CA", "AB", "Calgary", ("403",)),
    RateCentre("CA", "AB", "Edmonton", ("780",)),
    RateCentre("CA", "MB", "Winnipeg", ("204",)),
    RateCentre("CA", "NB", "Moncton", ("506",)),
    RateCentre("CA", "NS", "Halifax", ("902",)),
    RateCentre("CA", "SK", "Regina", ("306",)),
    RateCentre("US", "NY", "NEW YORK", ("212", "646", "718", "917", "929")),
    RateCentre("US", "NY", "ALBANY", back_orders=False),
    RateCentre("US", "NY", "BUFFALO", ("716",)),
    RateCentre("US", "WA", "SEATTLE", ("206",)),
    RateCentre("US", "WA", "SPOKANE", ("509",)),
    RateCentre("US", "CA", "LOS ANGELES", ("213", "323")),
    RateCentre("US", "CA", "SAN FRANCISCO", ("415",)),
    RateCentre("US", "FL", "MIAMI", ("305",)),
    RateCentre("US", "IL", "CHICAGO", ("312", "773")),
    RateCentre("US", "TX", "DALLAS", ("214",)),
)
TOLL_FREE_CODES = ("833", "844")
