# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Telephone numbers: E.164 checking, the forms a provider may send, FusionPBX's regular expressions."""

from __future__ import annotations

import re

_E164 = re.compile(r"^\+[1-9]\d{6,14}$")
_TWO_DIGIT_CODES = frozenset(
    [
        "20",
        "27",
        "30",
        "31",
        "32",
        "33",
        "34",
        "36",
        "39",
        "40",
        "41",
        "43",
        "44",
        "45",
        "46",
        "47",
        "48",
        "49",
        "51",
        "52",
        "53",
        "54",
        "55",
        "56",
        "57",
        "58",
        "60",
        "61",
        "62",
        "63",
        "64",
        "65",
        "66",
        "81",
        "82",
        "84",
        "86",
        "90",
        "91",
        "92",
        "93",
        "94",
        "95",
        "98",
    ]
)

# Countries where a zero is dialled in front of national numbers that is never a part of them (ITU-T E.129; libphonenumber).
_TRUNK_ZERO = frozenset(
    re.findall(
        r"[0-9]+",
        """
        20 27 31 32 33 40 41 43 44 46 49 51 53 54 55 57 58 60 61 62 63 64 66 81 82 84 86 90 91 92 93 94 95
        98 211 212 213 218 231 232 233 234 243 249 250 251 252 254 255 256 260 261 262 263 264 265 291 353
        355 358 359 370 373 374 377 380 381 382 383 385 386 387 389 421 423 508 590 591 593 594 595 596 598
        686 850 855 856 880 886 961 962 963 964 966 967 970 971 972 976 977 994 995 996
        """,
    )
)


def has_trunk_zero(number):
    """True for an E.164 number with the zero behind its country code that only national calls dial, as +44 020 7946 0001."""
    if not _E164.match(number):
        return False
    code, national = split(number)
    return national.startswith("0") and code in _TRUNK_ZERO


def is_e164(number):
    """True when number is written as plus, country code and subscriber number, 7 to 15 digits (ITU-T E.164)."""
    if not _E164.match(number) or has_trunk_zero(number):
        return False
    return not number.startswith("+1") or len(number) == 12


def country_code(number):
    """The country code digits of an E.164 number: one digit for 1 and 7, two or three for the others (ITU-T E.164)."""
    digits = number.lstrip("+")
    if digits[:1] in ("1", "7"):
        return digits[:1]
    return digits[:2] if digits[:2] in _TWO_DIGIT_CODES else digits[:3]


def split(number):
    """(country code, national number) of an E.164 number."""
    code = country_code(number)
    return code, number.lstrip("+")[len(code) :]


# Country codes of which a provider sends national numbers, where nothing else is said: North American ones do.
NATIONAL_CODES = ("1",)
MATCHES = ("any", "national", "e164", "plus", "digits")


def resolved(number, match=None, national_codes=None):
    """The match that any (or None) means for a number: national where the provider sends national numbers of its country,
    else e164. national_codes: country codes, NATIONAL_CODES when left out."""
    if match and match != "any":
        return match
    codes = NATIONAL_CODES if national_codes is None else national_codes
    return "national" if country_code(number) in codes else "e164"


def forms(number, match="national"):
    """The forms in which a number is taken: plus, digits, national; without duplicates, in that order.

    match: national (all three), e164 (the first two), plus, digits, or any (resolved()).
    """
    code, national = split(number)
    every = ["+" + code + national, code + national, national]
    wanted = {"national": every, "e164": every[:2], "plus": every[:1], "digits": every[1:2]}
    return wanted[resolved(number, match)]


def destination_columns(number, match="any"):
    """The v_destinations columns that hold a number, as FusionPBX's destination page writes them.

    match: national (prefix and national number: all forms), e164 (with plus and without: a plus as the prefix makes the page
    write both), plus (only the form with plus), digits (only without plus), or any (resolved()).
    Returns destination_prefix, destination_number, destination_number_regex.
    """
    code, national = split(number)
    match = resolved(number, match)
    if match == "plus":
        return None, number, r"^\+(" + code + national + r")$"
    if match == "digits":
        return None, code + national, "^(" + code + national + r")$"
    if match == "e164":
        return "+", code + national, r"^\+?(?:)?(" + code + national + r")$"
    if len(code) == 1:
        return code, national, r"^\+?" + code + "?(" + national + r")$"
    return code, national, r"^\+?(?:" + code + ")?(" + national + r")$"


def dialled_keys(prefix, number):
    """The numbers under which the dialplan cache may hold a destination in single mode (one key a dialled form)."""
    bare = (number or "").lstrip("+")
    prefix = (prefix or "").lstrip("+")
    keys = [number or "", bare, "+" + bare]
    if prefix:
        keys += [prefix + bare, "+" + prefix + bare]
    return sorted({key for key in keys if key})


def canonical(prefix, number):
    """Digits of a stored destination with its prefix: the identity by which two destinations are compared.

    The prefix is digits only too: people type +1 on the page, and queries compare without the plus.
    """
    return re.sub(r"[^0-9]", "", (prefix or "") + (number or ""))
