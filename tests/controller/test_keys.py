"""Sealed fields: what stands in the database, new keys, and that a wrong key is loud."""

from __future__ import annotations

import psycopg
import pytest
from cryptography.fernet import Fernet
from django.db import connection
from voipbox.api import accounts
from voipbox.core import config, keys, proof, rotation
from voipbox.core.models import KeyProof
from voipbox.core.people import operator_of_this_machine
from voipbox.orders import webhooks
from voipbox.orders.models import Order, WebhookEndpoint


@pytest.fixture
def ring(tmp_path, monkeypatch):
    """A key file of this test alone."""
    path = tmp_path / "keys"
    path.write_text(Fernet.generate_key().decode() + "\n")
    monkeypatch.setattr(config.config(), "key_file", path)
    return path


@pytest.fixture
def sealed(ring, place, actors):
    """An order, a webhook and the proof, sealed with the key of this test."""
    KeyProof.objects.all().delete()
    proof.ensure()
    webhooks.create("http://127.0.0.1:9/hook", [], actors["dora"])
    return place()


def stored():
    """Every sealed value as the database has it."""
    found = []
    with connection.cursor() as cursor:
        for table, _, column in rotation.sealed_columns():
            cursor.execute(f'SELECT "{column}" FROM {table} WHERE "{column}" <> \'\'')
            found += [value for (value,) in cursor.fetchall()]
    return found


def test_every_sealed_value_is_a_token_of_the_newest_key(sealed, ring):
    values = stored()
    assert len(values) >= 3
    fernet = Fernet(ring.read_text().strip())
    for value in values:
        fernet.decrypt(value.encode())


def test_rotation_seals_everything_anew_and_the_old_key_may_go(sealed, ring):
    secrets, old = sealed.secrets, Fernet(ring.read_text().strip())
    rotation.add_key()
    assert Order.objects.get(pk=sealed.pk).secrets == secrets, "both keys open until all is sealed anew"
    assert rotation.reseal() == len(stored())
    assert rotation.drop_old_keys() == 1
    assert len(ring.read_text().split()) == 1
    assert ring.stat().st_mode & 0o777 == 0o600
    assert Order.objects.get(pk=sealed.pk).secrets == secrets
    assert WebhookEndpoint.objects.get().secret
    proof.check()
    for value in stored():
        with pytest.raises(Exception, match=r"^$"):
            old.decrypt(value.encode())


@pytest.mark.django_db(transaction=True)
def test_an_old_key_stays_while_a_transaction_may_have_sealed_with_it(sealed, ring):
    old = ring.read_text().strip()
    token = Fernet(old.encode()).encrypt(b"late")
    with psycopg.connect(**_parameters()) as slow:
        slow.execute("UPDATE orders_webhookendpoint SET secret = %s", [token.decode()])
        rotation.add_key()
        with pytest.raises(keys.KeysInUse, match="under way"):
            rotation.drop_old_keys()
        slow.commit()
    with pytest.raises(keys.KeysInUse, match="still sealed with an old key"):
        rotation.drop_old_keys()
    assert old in ring.read_text()
    rotation.reseal()
    assert rotation.drop_old_keys() == 1
    assert WebhookEndpoint.objects.get().secret == "late"
    assert old not in ring.read_text()


def _parameters():
    known = connection.get_connection_params()
    return {name: known[name] for name in ("dbname", "user", "password", "host", "port") if name in known}


def test_a_rotation_that_was_interrupted_is_run_again(sealed, ring, monkeypatch):
    secrets = sealed.secrets
    rotation.add_key()
    columns = list(rotation.sealed_columns())
    monkeypatch.setattr(rotation, "sealed_columns", lambda: iter(columns[:1]))
    rotation.reseal()
    monkeypatch.undo()
    monkeypatch.setattr(config.config(), "key_file", ring)
    assert Order.objects.get(pk=sealed.pk).secrets == secrets
    rotation.add_key()
    rotation.reseal()
    assert rotation.drop_old_keys() == 2
    assert Order.objects.get(pk=sealed.pk).secrets == secrets


def test_a_wrong_key_is_loud_and_changes_nothing(sealed, ring):
    before = stored()
    ring.write_text(Fernet.generate_key().decode() + "\n")
    with pytest.raises(keys.SealBroken, match="Put back the key file"):
        Order.objects.get(pk=sealed.pk)
    with pytest.raises(keys.SealBroken, match=str(ring)):
        proof.check()
    rotation.add_key()
    with pytest.raises(keys.SealBroken, match="Old keys were kept"):
        rotation.reseal()
    assert stored() == before


@pytest.mark.parametrize("text", ["", "no key\n"])
def test_a_broken_key_file_is_told(ring, text):
    ring.write_text(text)
    with pytest.raises(keys.SetUpError, match="Put back the file from your backup"):
        keys.seal("x")


def test_sealed_fields_cannot_be_searched(sealed):
    with pytest.raises(Exception, match="Unsupported lookup"):
        WebhookEndpoint.objects.filter(secret="x").exists()


def test_tokens_and_passwords_of_people_are_kept_as_hashes(db):
    admin = operator_of_this_machine()
    user = accounts.add_user("olga@people.example", "operator", "Correct-Horse-9", admin)
    token, value = accounts.add_token("robot", ["orders:read"], None, None, admin)
    assert "Correct-Horse-9" not in user.password
    assert value not in (token.token_hash, token.hint) and value.startswith(token.hint)
