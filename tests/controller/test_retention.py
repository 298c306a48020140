"""Every kind of personal data has an end, and a person can be given out and erased."""

from __future__ import annotations

import argparse
import datetime
import json
import stat

import pytest
from django.apps import apps
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import models
from voipbox.command_line import people as commands
from voipbox.core import clock
from voipbox.core.config import Config, config
from voipbox.core.errors import MoveRefused, NotThere, Refused
from voipbox.core.models import ApiToken, User
from voipbox.core.people import Role
from voipbox.orders import actions, drafts
from voipbox.orders.models import AuditEvent, Draft, Mail, Note, Order, WebhookDelivery
from voipbox.regulatory import purge, vault
from voipbox.regulatory.models import Content, Document, Registration
from voipbox.retention import giving_out, periods, person, table

pytestmark = pytest.mark.django_db
_WORDLESS = (
    models.ForeignKey, models.AutoField, models.IntegerField, models.DateTimeField, models.BooleanField, models.DecimalField,
    models.UUIDField,
)  # fmt: skip


def columns():
    """Every column that may hold words or bytes, also a date that may be somebody's."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if not isinstance(field, _WORDLESS) and not field.choices:
                yield f"{model._meta.label}.{field.name}"


def test_each_column_is_personal_with_an_end_or_is_not_personal():
    personal = [column for kind in table.KINDS for column in kind.columns]
    plain = [f"{model}.{name}" for model, names in table.NOT_PERSONAL.items() for name in names.split()]
    assert sorted([*personal, *plain]) == sorted(set(columns()))


def test_each_period_is_a_setting_and_each_erasure_is_said():
    assert all(not kind.period or kind.period in Config.model_fields for kind in table.KINDS)
    assert all(kind.from_when and kind.erasure for kind in table.KINDS)


def with_papers(order):
    """A registration that is under way, with one document."""
    row = Registration.objects.create(order=order, who={"last_name": "Nkosi"}, where={"city": "Durban"}, service="support")
    document = Document.objects.create(
        order=order, entity="identity", name="passport.png", media_type="image/png", size=8, sha256="a" * 64, added_by="alice",
        added_at=clock.now(),
    )  # fmt: skip
    vault.put(document, b"passport")
    return row


def closed(order, actors):
    """The order after a cancellation."""
    actions.perform(order.pk, "cancel", actors["bob"], "wanted no more")
    order.refresh_from_db()
    return order


def test_papers_that_nobody_decides_on_do_not_stay_for_ever(place, pass_time):
    row = with_papers(place("alice"))
    pass_time(days=config().undecided_days - 1)
    assert purge.run() == 0
    pass_time(days=2)
    assert purge.run() == 1
    row.refresh_from_db()
    assert (row.who, row.where, row.service, Content.objects.count()) == ({}, {}, "", 0)
    assert purge.run() == 0


def test_work_on_a_registration_keeps_its_papers(place, pass_time):
    order = place("alice")
    with_papers(order)
    pass_time(days=config().undecided_days + 1)
    Document.objects.update(added_at=clock.now())
    assert purge.run() == 0


def test_what_is_over_ends_and_the_second_time_nothing(place, actors, pass_time):
    live, order = (
        place("bob"),
        closed(place("alice", extensions=[{"number": "1002", "name": "Zoe", "email": "zoe@acme.example"}]), actors),
    )
    Note.objects.create(order=order, author="bob", text="Ada is ill")
    Mail.objects.filter(order=order).update(state=Mail.State.SENT)
    pass_time(days=max(config().closed_days, config().mail_days) + 1)
    done = periods.run()
    assert (done["orders without their people"], done["orders without contact"], done["mails"] > 0) == (1, 0, True)
    order.refresh_from_db()
    assert (order.phone, order.extensions, order.admin_email, order.secrets["extensions"]) == ("", [], "", {})
    assert order.email == "ada@acme.example" and not order.notes.exists() and order.audit.exists()
    pass_time(days=config().books_days)
    assert periods.run()["orders without contact"] == 1
    order.refresh_from_db()
    assert (order.company, order.contact, order.email, order.placed_by) == ("", "", "", "")
    live.refresh_from_db()
    assert live.email and live.phone and live.secrets["admin_password"]
    assert not any(periods.run().values())


def everything_of(person_of, order, actors):
    """Alice with a session, a token, an unfinished order and a mail."""
    session = SessionStore()
    session["_auth_user_id"] = str(person_of.pk)
    session.save()
    ApiToken.objects.create(name="mine", token_hash="x" * 64, hint="vb", scopes=[], user=person_of)
    drafts.start(person_of, person_of)
    with_papers(order)
    Note.objects.create(order=order, author="bob", text="Ada is ill")


def test_an_erased_person_is_gone_but_for_books_and_audit(place, people, actors):
    order = closed(place("alice"), actors)
    alice = people["alice"]
    User.objects.filter(pk=alice.pk).update(first_name="Alice", last_name="Example")
    everything_of(alice, order, actors)
    events = AuditEvent.objects.count()
    report = person.erase(" ALICE@People.example ", actors["dora"])
    assert set(report.erased) >= {"accounts", "sessions", "tokens", "unfinished orders", "mails", "orders without their people",
                                  "registrations with their documents"}  # fmt: skip
    assert report.kept == {
        f"company, contact and address of order {order.pk}": table.BOOKS,
        "what the audit says of acts": table.PROOF,
    }
    alice.refresh_from_db()
    assert (alice.first_name, alice.last_name, alice.is_active, alice.has_usable_password()) == ("", "", False, False)
    assert "alice" not in alice.email + alice.username
    order.refresh_from_db()
    assert (order.phone, order.admin_email, order.email) == ("", "", "ada@acme.example")
    assert not any(rows.objects.exists() for rows in (Session, ApiToken, Draft, Note, Content))
    assert not Mail.objects.filter(order=order).exists()
    assert AuditEvent.objects.count() > events
    with pytest.raises(NotThere):
        person.find("alice@people.example")


def test_an_open_order_keeps_what_it_needs_and_its_client_the_account(place, people, actors):
    order = place("alice")
    everything_of(people["alice"], order, actors)
    report = person.erase("alice@people.example", actors["dora"])
    assert "the account" in report.kept and any(f"order {order.pk}" in what for what in report.kept)
    people["alice"].refresh_from_db()
    order.refresh_from_db()
    assert people["alice"].is_active and order.phone and Content.objects.count() == 1
    assert person.erase("alice@people.example", actors["dora"]).erased == {}


def test_somebody_named_in_an_order_of_others_goes_from_it_alone(place, actors):
    seats = [
        {"number": "1002", "name": "Zoe", "email": "zoe@acme.example"},
        {"number": "1003", "name": "Yan", "email": "yan@acme.example"},
    ]
    order = closed(place("alice", extensions=seats), actors)
    report = person.erase("Zoe@acme.example", actors["dora"])
    assert report.erased["names in orders of others"] == 1
    order.refresh_from_db()
    assert [one["name"] for one in order.extensions] == ["Yan"]
    assert order.phone and order.admin_email


def test_an_admin_who_was_erased_alone_leaves_an_end_to_the_others(place, actors, pass_time):
    seats = [{"number": "1002", "name": "Zoe", "email": "zoe@acme.example"}]
    order = closed(place("alice", extensions=seats, admin={"email": "max@acme.example"}), actors)
    person.erase("max@acme.example", actors["dora"])
    order.refresh_from_db()
    assert order.admin_email == "" and order.extensions and order.phone
    pass_time(days=config().closed_days + 1)
    assert periods.run()["orders without their people"] == 1
    order.refresh_from_db()
    assert (order.phone, order.extensions, order.secrets["extensions"]) == ("", [], {})
    assert periods.run()["orders without their people"] == 0


def test_a_letter_that_looks_alike_is_nobody(place, people, actors):
    place("alice")
    with pytest.raises(NotThere):
        person.erase("al\N{LATIN SMALL LETTER DOTLESS I}ce@people.example", actors["dora"])


def test_the_last_administrator_stays(people, actors):
    User.objects.filter(role=Role.ADMINISTRATOR).exclude(pk=people["dora"].pk).update(is_active=False)
    with pytest.raises(MoveRefused, match="last administrator"):
        person.erase("dora@people.example", actors["dora"])


def test_everything_is_given_out_with_files_and_without_secrets(place, people, actors, tmp_path):
    order = place("alice", admin={"password": "Example-Secret-77"})
    everything_of(people["alice"], order, actors)
    folder = tmp_path / "alice"
    files = giving_out.export("Alice@People.Example", folder, actors["dora"])
    assert sorted(path.name for path in files)[0].startswith(f"order-{order.pk}-document-")
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in files)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert b"passport" in [path.read_bytes() for path in files]
    text = (folder / "person.json").read_text()
    told = json.loads(text)
    assert told["orders"][0]["registration"]["identity"] == {"last_name": "Nkosi"}
    assert told["orders"][0]["notes"][0]["text"] == "Ada is ill"
    assert "Example-Secret-77" not in text and order.secrets["trunk"]["password"] not in text
    with pytest.raises(Refused, match="empty folder"):
        giving_out.export("alice@people.example", folder, actors["dora"])
    assert AuditEvent.objects.filter(action="person_exported").count() == 1


def test_the_command_wants_the_address_twice(place, actors, capsys):
    closed(place("alice"), actors)
    with pytest.raises(Refused, match="--confirm"):
        commands._erase(argparse.Namespace(email="alice@people.example", confirm="bob@people.example"))
    assert commands._erase(argparse.Namespace(email="alice@people.example", confirm="ALICE@people.example")) == 0
    shown = capsys.readouterr().out
    assert "accounts" in shown and "books must be kept" in shown


def test_deliveries_about_an_erased_person_go(place, actors):
    order = closed(place("alice"), actors)
    from voipbox.orders import webhooks

    webhooks.create("https://192.0.2.7/hook", [], actors["dora"])
    endpoint = webhooks.WebhookEndpoint.objects.get()
    WebhookDelivery.objects.create(
        endpoint=endpoint, event="order.cancel", payload={"event": "order.cancel", "order": {"id": order.pk}},
        next_try_at=clock.now() + datetime.timedelta(hours=1),
    )  # fmt: skip
    person.erase("alice@people.example", actors["dora"])
    assert not WebhookDelivery.objects.exists() and Order.objects.filter(pk=order.pk).exists()
