# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for what people type. They are at least as strict as the collection's, so that an order that was accepted is not
refused by the PBX; a test holds them against each other."""

from __future__ import annotations

import functools
import re
import zoneinfo

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from voipbox.core.config import config

# Control characters, line and paragraph separators, marks that turn the direction of text, and lone surrogates.
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufff9-\ufffb]"
)
_ENTITY = re.compile(r"&#?[A-Za-z0-9]+;")
_NOT_SHOWN = re.compile(r'[$"\\]|%\{')
_SAFE_EMAIL = re.compile(r"^[^@\s,;<>\"$]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$")
_USERNAME = re.compile(r"^[A-Za-z0-9_.-]{1,64}$")
_LANGUAGE = re.compile(r"^[a-z]{2,3}-[a-z]{2,4}$")
_ZONE = re.compile(r"^[A-Za-z_]+(/[A-Za-z0-9_+-]+){0,2}$")
_LABEL = re.compile(r"^(?!-)[a-z0-9-]{1,63}(?<!-)$")
_E164 = re.compile(r"^\+[1-9][0-9]{6,14}$")
_LAYOUT = re.compile(r"[ ().-]")
_SIP = re.compile(r"^[A-Za-z0-9._~!*+=@#%-]{8,64}$")
_GATEWAY_USER = re.compile(r"^[A-Za-z0-9._~!*+=@#%-]{1,64}$")
_PIN = re.compile(r"^[0-9]{4,20}$")
_LOGIN_BYTES = 72
_HOME = "US"


def invisible(value: str) -> str | None:
    """Cause why text is refused: characters that cannot be seen or that turn the direction of what follows."""
    found = _INVISIBLE.search(value)
    return f"holds the invisible character U+{ord(found[0]):04X}" if found else None


def text(value: str) -> str | None:
    """Free text such as a company name: anything that can be seen."""
    return invisible(value) or ("is blank" if not value.strip() else None)


def spoken(value: str) -> str | None:
    """Text that phones show: free text without what the switch reads as another character."""
    return "holds text like &name;, which phones show as another character" if _ENTITY.search(value) else text(value)


def shown_name(value: str) -> str | None:
    """The name of an extension: spoken text without what would arrive at the called phone as something else."""
    found = _NOT_SHOWN.search(value)
    return f"holds {found[0]}, which phones would not show as it is written" if found else spoken(value)


def email(value: str) -> str | None:
    """An e-mail address that mail servers and the PBX take."""
    try:
        validate_email(value)
    except ValidationError:
        return "is no e-mail address"
    return None if _SAFE_EMAIL.fullmatch(value) else "holds a character that the PBX does not take in an address"


def username(value: str) -> str | None:
    """A login name."""
    return None if _USERNAME.fullmatch(value) else "must be 1 to 64 letters, digits, dots, hyphens or underscores"


def language(value: str) -> str | None:
    """A language code."""
    return None if _LANGUAGE.fullmatch(value) else "must be written like en-us"


@functools.cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def time_zone(value: str) -> str | None:
    """A time zone of the tz database."""
    return None if value in _zones() and _ZONE.fullmatch(value) else "is no time zone such as America/Toronto"


def domain(value: str) -> str | None:
    """A tenant's domain: a host name in lower case."""
    labels = value.split(".")
    if value != value.lower():
        return "must be written in lower case"
    if len(value) > 253 or len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():  # noqa: PLR2004 - DNS
        return "is no domain name (letters, digits, hyphens and dots)"
    return None


def login_password(value: str) -> str | None:
    """A password of a person; its least length is a setting."""
    shortest = config().password_min_length
    if len(value) < shortest:
        return f"must have at least {shortest} characters"
    if len(value.encode("utf-8", "surrogatepass")) > _LOGIN_BYTES:
        return f"must be shorter: at most {_LOGIN_BYTES} bytes"
    if not (any(c.isupper() for c in value) and any(c.islower() for c in value) and any(c.isdigit() for c in value)):
        return "must have an upper-case letter, a lower-case letter and a digit"
    if value != value.strip():
        return "must not begin or end with a blank: the login page cuts it off"
    return invisible(value)


def sip_password(value: str) -> str | None:
    """A password for a phone or a trunk: what switch, provider and phones all take."""
    return None if _SIP.fullmatch(value) else "must be 8 to 64 letters, digits or ._~!*+=@#%-"


def gateway_user(value: str) -> str | None:
    """A user name at a provider."""
    return None if _GATEWAY_USER.fullmatch(value) else "must be 1 to 64 letters, digits or ._~!*+=@#%-"


def pin(value: str) -> str | None:
    """A voicemail PIN."""
    return None if _PIN.fullmatch(value) else "must be 4 to 20 digits"


def phone(value: str, country: str = "") -> tuple[str, str | None]:
    """A telephone number in E.164 and None, or the value and the cause why not.

    Parameters: value; country (ISO code) whose national numbers are meant, that of the order's number. Where none is known
    they are read as American, and since only numbers that are given out anywhere pass, those of other countries are refused.
    """
    cause = "is no telephone number; write it with plus and country code, like +14165550100"
    try:
        parsed = phonenumbers.parse(value, country or _HOME)
    except phonenumbers.NumberParseException:
        return value, cause
    if not phonenumbers.is_valid_number(parsed) or parsed.extension:
        return value, cause
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164), None


def did(value: str) -> tuple[str, str | None]:
    """A number that is ordered, in E.164 without trunk zero, and None; or the value and the cause why not."""
    if not _E164.fullmatch(_LAYOUT.sub("", value)):
        return value, "must be a number with plus and country code, such as +14165550100"
    number, cause = phone(value)
    return (number, None) if cause is None else (value, "is no number that is given out anywhere; compare it with the provider's")


def national_digits(pattern: str, country: str) -> str:
    """The digits of a search as they stand in numbers with country code: without the zero that only national calls dial.

    Parameters: pattern, digits with a star at either end; country, ISO code.
    """
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(country) if country else None
    zero = metadata.national_prefix if metadata else None
    rest = pattern.removeprefix(zero) if zero == "0" else pattern
    return rest if rest.strip("*") else pattern
