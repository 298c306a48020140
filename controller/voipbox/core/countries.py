# SPDX-License-Identifier: GPL-3.0-or-later
"""Countries by their ISO 3166 code, and the time zone that most people of one live in. Both from the tz database."""

from __future__ import annotations

import functools
from importlib import resources

# What the tz database calls otherwise than a form should; its names are short and in English.
_NAMES = {
    "AS": "American Samoa", "CD": "Congo (Democratic Republic)", "CG": "Congo (Republic)", "GB": "United Kingdom", "WS": "Samoa",
}  # fmt: skip
# The zone of most people, where the table, which goes by place, begins with another one.
_LARGEST = {
    "AU": "Australia/Sydney", "BR": "America/Sao_Paulo", "CA": "America/Toronto", "PS": "Asia/Hebron", "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv", "UZ": "Asia/Tashkent",
}  # fmt: skip


@functools.cache
def names() -> dict[str, str]:
    """All countries: the code in capitals, and the name, in the order of the names."""
    found = {code: _NAMES.get(code, name.replace(" & ", " and ")) for code, name in _table("iso3166.tab", 0, 1)}
    return dict(sorted(found.items(), key=lambda pair: pair[1]))


def name(code: str) -> str:
    """What a country is called; the code itself where it is none."""
    return names().get(code, code)


def zone(code: str, present: str = "") -> str:
    """The time zone to propose for a country; empty for what is none. present: one that is taken where it lies there."""
    zones = [zone for country, zone in _table("zone.tab", 0, 2) if country == code]
    if present in zones:
        return present
    return _LARGEST.get(code) or next(iter(zones), "")


def of_number(number: str) -> str:
    """The code of the country of a number in E.164; empty where it cannot be told."""
    import phonenumbers  # noqa: PLC0415 - large

    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or ""
    except phonenumbers.NumberParseException:
        return ""


def calling_code(code: str) -> int:
    """The country calling code of a country, such as 27; 0 for what is none."""
    import phonenumbers  # noqa: PLC0415 - large

    return int(phonenumbers.country_code_for_region(code))


@functools.cache
def _table(file: str, first: int, second: int) -> list[tuple[str, str]]:
    text = resources.files("tzdata.zoneinfo").joinpath(file).read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return [(row[first], row[second]) for row in rows]
