"""Personal data: sealed while it is there, gone from tables and disk some days after the decision, the audit tells it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.db import connection
from voipbox.core import clock
from voipbox.core.errors import NotThere, Refused
from voipbox.orders import actions
from voipbox.orders.models import Order
from voipbox.regulatory import documents, purge, registrations, vault, verification
from voipbox.regulatory.models import Content, Document, Registration

from tests.regulatory import files
from tests.regulatory.conftest import PERSON, fresh, looked_and_reviewed

MARKS = ("Nkosi", "1980-02-03", "1 Example Street", "Marked-Paper-4711", "Marked-Name", "Thandi")


@pytest.fixture
def decided(order, walk, world, actors):
    """An approved order with marked papers."""
    one = order()
    walk(one, "identity")
    for entity, proof, content in (
        ("identity", "Passport", files.png(b"Marked-Paper-4711")), ("address", "Utility Bill", files.pdf(b"Marked-Paper-4711")),
    ):  # fmt: skip
        documents.add(one.pk, entity, proof, "Marked-Name.png", content, actors["bob"], clock.now().date())
    from voipbox.numbers import advance
    from voipbox.regulatory import ordering, sending

    sending.send_documents(one.pk, actors["bob"])
    ordering.place(one.pk, actors["bob"])
    advance.advance(one.pk)
    verification.register(one.pk)
    world.approve()
    verification.register(one.pk)
    return fresh(one)


def tables():
    """Every row of every table of this database, as PostgreSQL writes it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        text = []
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            text += [f"{table}: {row[0]}" for row in cursor.fetchall()]
    return text


def on_disk(words):
    """Files of this installation that hold one of the words: keys, mails, and the database with its log of all writes."""
    found = []
    for path in Path(os.environ["VOIPBOX_STATE_DIR"]).rglob("*"):
        try:
            content = path.read_bytes() if path.is_file() else b""
        except FileNotFoundError:
            continue  # the database removed a file of its own
        found += [path] if any(word.encode() in content for word in words) else []
    return found


def found(text):
    """The marks that stand in a text, as letters or as hexadecimal digits."""
    return [mark for mark in MARKS if mark in text or mark.encode().hex() in text]


@pytest.mark.django_db(transaction=True)
def test_nothing_is_readable_before_and_nothing_is_left_after(decided, pass_time):
    assert [row for row in tables() if found(row)] == []
    assert on_disk([decided.company])  # what is not sealed is found, so this is the right place to look
    assert on_disk(MARKS) == []
    assert registrations.of(decided).who["last_name"] == "Nkosi"  # it is there, sealed
    assert b"Marked-Paper-4711" in vault.read(Document.objects.first())

    pass_time(days=29)
    assert purge.run() == 0
    assert Content.objects.count() == 2
    pass_time(days=2)
    assert purge.run() == 1
    assert purge.run() == 0

    row = Registration.objects.get(order=decided)
    assert (row.who, row.where, row.service, row.place_id) == ({}, {}, "", "")
    assert not Content.objects.exists()
    assert set(Document.objects.values_list("name", "sha256", "issued_on")) == {("", "", None)}
    with connection.cursor() as cursor:
        cursor.execute('SELECT who, "where", service FROM regulatory_registration')
        assert cursor.fetchall() == [("", "", "")]
        cursor.execute("SELECT count(*) FROM regulatory_content")
        assert cursor.fetchall() == [(0,)]
    assert on_disk(MARKS) == []
    assert (row.state, row.verification_id != "", row.decided_at is not None) == ("approved", True, True)
    event = decided.audit.get(action="personal_data_purged")
    assert (event.actor, event.after) == ("voipbox", {"documents": 2, "days": 30})
    with pytest.raises(NotThere):
        documents.shown(Document.objects.first().pk, _bob())


def test_a_rejected_one_is_purged_too_and_asked_for_anew(order, walk, world, pass_time, give, bring, actors):
    one = order()
    walk(one, "awaiting")
    world.reject("The proof of personal address is required")
    verification.register(one.pk)
    pass_time(days=31)
    assert purge.run() == 1
    with pytest.raises(Refused, match="was purged some time after the decision; give it again"):
        looked_and_reviewed(one.pk, actors["bob"])
    give(one)
    assert registrations.of(fresh(one)).purged_at is None
    bring(one)
    pass_time(days=31)
    assert purge.run() == 0  # what the refusal asked for waits to be handed in
    assert Document.objects.filter(purged_at=None).count() == 1
    actions.perform(one.pk, "cancel", actors["bob"], "not wanted")
    Order.objects.filter(pk=one.pk).update(status_since=clock.now())
    pass_time(days=31)
    assert purge.run() == 1
    assert not Document.objects.filter(purged_at=None).exists()


def test_an_order_that_was_cancelled_before_any_decision(order, give, pass_time, actors):
    one = order()
    give(one)
    pass_time(days=60)
    assert purge.run() == 0  # it waits still
    actions.perform(one.pk, "cancel", actors["bob"], "not wanted")
    Order.objects.filter(pk=one.pk).update(status_since=clock.now())
    pass_time(days=29)
    assert purge.run() == 0
    pass_time(days=2)
    assert purge.run() == 1


def test_corrections_after_a_rejection_are_not_purged_while_they_are_on_their_way(order, walk, world, pass_time, give, actors):
    from voipbox.regulatory import handing_in, sending

    one = order()
    walk(one, "awaiting")
    world.reject("Identity First Name is wrong")
    verification.register(one.pk)
    give(one, identity={**PERSON, "first_name": "Thandiwe"})
    looked_and_reviewed(one.pk, actors["bob"])
    handing_in.submit_identity(one.pk, actors["bob"])
    sending.send_documents(one.pk, actors["bob"])
    verification.submit_again(one.pk, actors["bob"])
    verification.register(one.pk)
    pass_time(days=100)
    assert purge.run() == 0


def test_the_job_runs_it(decided, pass_time):
    from voipbox.regulatory import tasks

    pass_time(days=40)
    tasks.purge_personal_data.func.__wrapped__(0)
    assert Registration.objects.get(order=decided).purged_at is not None


def _bob():
    from voipbox.core.models import User

    return User.objects.get(username="bob").actor()
