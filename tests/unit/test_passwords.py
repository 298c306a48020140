"""Password hashes: the one form that FusionPBX leaves alone at login, checked against an independent implementation."""

from __future__ import annotations

import bcrypt
import pytest
from ansible_collections.voipbox.fusionpbx.plugins.module_utils import passwords


@pytest.mark.parametrize("password", ["Acme-Admin-2026", "pässwörd ✓", "x" * 72])
def test_hashes_are_2y_cost_10_and_verify_elsewhere(password):
    hashed = passwords.hash_password(password)
    assert hashed.startswith("$2y$10$")
    assert len(hashed) == 60
    assert bcrypt.checkpw(password.encode(), hashed.replace("$2y$", "$2b$").encode())
    assert passwords.verify_password(password, hashed)
    assert not passwords.verify_password(password[:-1] + "!", hashed)


def test_hashes_made_elsewhere_are_verified():
    hashed = bcrypt.hashpw(b"secret", bcrypt.gensalt(10)).decode()
    assert passwords.verify_password("secret", hashed)
    assert not passwords.verify_password("Secret", hashed)


@pytest.mark.parametrize("hashed", [None, "", "5f4dcc3b5aa765d61d8327deb882cf99", "$2y$10$short", "$x$"])
def test_what_is_no_hash_verifies_nothing(hashed):
    assert not passwords.verify_password("password", hashed)


def test_many_are_hashed_at_once():
    with passwords.Hashing(["one", "two"]) as hashing:
        assert all(passwords.verify_password(word, hashing.of(word)()) for word in ("one", "two", "not announced"))


def test_generated_passwords_differ():
    assert len({passwords.generate_sip_password() for _ in range(100)}) == 100
