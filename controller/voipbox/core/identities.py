# SPDX-License-Identifier: GPL-3.0-or-later
"""Random identities and secrets, and how tokens are kept."""

from __future__ import annotations

import hashlib
import itertools
import secrets
import string

_ALPHABET = string.ascii_letters + string.digits
_CLEAR = "".join(sorted(set(_ALPHABET) - set("0O1lI")))


def token() -> str:
    """A secret for a link or a program: 43 characters, 256 bits."""
    return secrets.token_urlsafe(32)


def token_hash(value: str) -> str:
    """What is kept of a token: it is random, so a plain SHA-256 (hex) will do."""
    return hashlib.sha256(value.encode()).hexdigest()


def sip_password() -> str:
    """A password that switch, phones, providers and people can take: 24 letters and digits, of each kind at least one."""
    return _of_each_kind(_ALPHABET, 24)


def login_password(length: int = 16) -> str:
    """A password for a person: letters and digits that are not mistaken for one another, of each kind at least one."""
    return _of_each_kind(_CLEAR, length)


def _of_each_kind(alphabet: str, length: int) -> str:
    while True:
        value = "".join(secrets.choice(alphabet) for _ in range(length))
        if any(c.islower() for c in value) and any(c.isupper() for c in value) and any(c.isdigit() for c in value):
            return value


def pin() -> str:
    """A voicemail PIN: six digits, not all alike and no run of neighbours."""
    while True:
        value = "".join(secrets.choice(string.digits) for _ in range(6))
        steps = {int(b) - int(a) for a, b in itertools.pairwise(value)}
        if steps not in ({0}, {1}, {-1}):
            return value
