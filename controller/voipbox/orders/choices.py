# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists that the fields of an order are chosen from."""

from __future__ import annotations

import zoneinfo

from . import text_rules

GROUPS = {
    "admin": "Administrator of the system",
    "user": "Ordinary user",
    "agent": "Agent of a call centre",
    "superadmin": "Administrator of the whole server",
}
"""Groups of FusionPBX that the admin user of a tenant can be in."""
LANGUAGES = {
    "en-us": "English (United States)",
    "en-ca": "English (Canada)",
    "en-gb": "English (United Kingdom)",
    "fr-ca": "French (Canada)",
    "fr-fr": "French (France)",
    "de-de": "German",
    "es-mx": "Spanish (Mexico)",
    "es-es": "Spanish (Spain)",
    "pt-br": "Portuguese (Brazil)",
    "it-it": "Italian",
    "nl-nl": "Dutch",
    "pl-pl": "Polish",
    "sv-se": "Swedish",
}
"""Languages of the PBX's pages and voice prompts."""
_ZONES_FIRST = (
    "America/Toronto",
    "America/Vancouver",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
)


def time_zones(first: str) -> list[tuple[str, str]]:
    """Time zones and how they are shown, beginning with first (a server's or an order's) and the most usual ones."""
    zones = dict.fromkeys([first, *_ZONES_FIRST, *sorted(zoneinfo.available_timezones())])
    return [(zone, zone.replace("_", " ")) for zone in zones if text_rules.time_zone(zone) is None]


def languages(first: str) -> list[tuple[str, str]]:
    """Languages and their names, beginning with first, a server's or an order's."""
    return list({first: LANGUAGES.get(first, first), **LANGUAGES}.items())
