# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets: generation with characters the switch can take, and FusionPBX's $2y$10$ password hashes."""

from __future__ import annotations

import ctypes
import functools
import os
import secrets
import string
from concurrent.futures import ThreadPoolExecutor

from .errors import EngineError

_COST = 10
_SALT_ALPHABET = "./" + string.ascii_uppercase + string.ascii_lowercase + string.digits
# FusionPBX's page uses !^$%*?. as well; quotes, dollar, ampersand and blanks break directory entries or gateways.
_SIP_ALPHABET = string.ascii_letters + string.digits + "!*?._-"


def generate_sip_password(length=20):
    """A SIP password with upper and lower case and a digit, safe in directory XML and gateway fields."""
    while True:
        value = "".join(secrets.choice(_SIP_ALPHABET) for unused in range(length))
        if any(c.islower() for c in value) and any(c.isupper() for c in value) and any(c.isdigit() for c in value):
            return value


def generate_user_password(length=20):
    """A login password that fulfils FusionPBX's default rules (12 or more, number, lower and upper case)."""
    return generate_sip_password(length)


def generate_pin(length=8):
    """A PIN of that many digits (voicemail, feature codes)."""
    return "".join(secrets.choice(string.digits) for unused in range(length))


def hash_password(password):
    """bcrypt hash with the prefix $2y$10$: the only form that FusionPBX leaves alone at login."""
    salt = "$2y${0:02d}$".format(_COST) + "".join(secrets.choice(_SALT_ALPHABET) for unused in range(21)) + "."
    return _crypt(password, salt)


class Hashing:
    """Hashes several passwords on all cores while the caller goes on (bcrypt leaves the interpreter lock to others).

    Parameters: passwords, those that will be asked for. of(password) waits for one; a password that was not announced
    is hashed there and then. Leaving the with block waits for all.
    """

    def __init__(self, passwords):
        self.pool = ThreadPoolExecutor(max_workers=os.cpu_count() or 2) if passwords else None
        self.pending = {password: self.pool.submit(hash_password, password) for password in passwords}

    def of(self, password):
        """A function that gives the hash of one password, and waits for it only then."""
        future = self.pending.get(password)
        return future.result if future else functools.partial(hash_password, password)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.pool:
            self.pool.shutdown()


def verify_password(password, hashed):
    """True when hashed is a crypt-style hash of password; False for anything else, also for a missing hash."""
    if not hashed or not hashed.startswith("$"):
        return False
    try:
        return secrets.compare_digest(_crypt(password, hashed).encode(), hashed.encode())
    except EngineError:
        return False


def _libcrypt():
    library = ctypes.CDLL("libcrypt.so.1")
    library.crypt_rn.restype = ctypes.c_char_p
    library.crypt_rn.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_int]
    return library


_LIBRARY = []


def _crypt(password, salt):
    if not _LIBRARY:
        try:
            _LIBRARY.append(_libcrypt())
        except (OSError, AttributeError):
            _LIBRARY.append(None)
    library = _LIBRARY[0]
    if library is not None:
        buffer = ctypes.create_string_buffer(32768)
        result = library.crypt_rn(password.encode("utf-8"), salt.encode("ascii"), buffer, len(buffer))
        if result and not result.startswith(b"*"):
            return result.decode("ascii")
    return _bcrypt_package(password, salt)


def _bcrypt_package(password, salt):
    try:
        import bcrypt
    except ImportError:
        raise EngineError(
            "This host's libcrypt offers no bcrypt and the Python package bcrypt is missing.",
            next_step="Install python3-bcrypt (or a libcrypt with bcrypt, as Debian and Ubuntu have it).",
        ) from None
    try:
        hashed = bcrypt.hashpw(password.encode("utf-8"), salt.replace("$2y$", "$2b$", 1).encode("ascii"))
    except ValueError:
        raise EngineError("The stored hash is of a kind that cannot be checked here.") from None
    return hashed.decode("ascii").replace("$2b$", "$2y$", 1)
