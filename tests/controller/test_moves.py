"""The table of moves: every state with every action, the guards, and that the second of two people changes nothing."""

from __future__ import annotations

import pytest
from voipbox.core.errors import MoveRefused, NotAllowed, Refused
from voipbox.core.people import Role
from voipbox.orders import actions, moves
from voipbox.orders.models import AuditEvent, Mail, Order
from voipbox.orders.statuses import BADGES, Status, statuses_of
from voipbox.providers.models import ProviderAccount

from tests.controller.at_once import at_once

WALK = [
    (regulated, status, action) for regulated in (False, True) for status in statuses_of(regulated) for action in moves.ACTIONS
]


@pytest.fixture
def standing(place, regulated):
    """An order put into a status by hand."""

    def standing(status, is_regulated):
        order = (regulated if is_regulated else place)()
        Order.objects.filter(pk=order.pk).update(status=status)
        return Order.objects.get(pk=order.pk)

    return standing


@pytest.mark.parametrize(("is_regulated", "status", "action"), WALK)
def test_every_state_with_every_action(standing, actors, is_regulated, status, action):
    order = standing(status, is_regulated)
    move = moves.find(action, status, is_regulated)
    legal = [one for one in moves.MOVES if one.action == action and status in one.sources and is_regulated in one.kinds]
    assert legal == ([move] if move else [])
    who = actors["system"] if move and Role.SYSTEM in move.who else actors["bob"]
    events = AuditEvent.objects.count()
    if move is None:
        with pytest.raises(MoveRefused, match=f"Order {order.pk} is {status}"):
            actions.perform(order.pk, action, actors["dora"], "because")
        assert AuditEvent.objects.count() == events
        assert Order.objects.get(pk=order.pk).status == status
        return
    if action == "reset_purchase" and not is_regulated:
        Order.objects.filter(pk=order.pk).update(step="purchase")
    if action == "rekey":
        ProviderAccount.objects.filter(pk=order.provider_id).update(driver="didww")
    moved = actions.perform(order.pk, action, who, "because")
    assert moved.status == move.target == Order.objects.get(pk=order.pk).status
    event = AuditEvent.objects.latest("id")
    assert (event.action, event.before, event.after) == (action, {"status": status}, {"status": move.target})
    assert event.reason == "because"
    assert event.actor == who.label


def test_nobody_without_the_role_moves_anything(standing, actors):
    for move in moves.MOVES:
        order = standing(sorted(move.sources)[0], True in move.kinds)
        for name in ("alice", "charlie", "eve", "bob", "dora", "system"):
            if actors[name].role in move.who:
                continue
            with pytest.raises(NotAllowed):
                actions.perform(order.pk, move.action, actors[name], "because")
        assert Order.objects.get(pk=order.pk).status == sorted(move.sources)[0]


def test_a_reason_is_asked_for(standing, actors):
    order = standing(Status.PENDING, False)
    with pytest.raises(Refused, match="reason"):
        actions.perform(order.pk, "cancel", actors["bob"], " ")
    assert Order.objects.get(pk=order.pk).status == Status.PENDING


def test_an_unknown_action_is_refused(place, actors):
    with pytest.raises(Refused, match="there is no fly"):
        actions.perform(place().pk, "fly", actors["bob"])


def test_guards(place, actors):
    order = place()
    order.server.active = False
    order.server.save()
    with pytest.raises(MoveRefused, match="switched off"):
        actions.perform(order.pk, "approve", actors["bob"])
    order.server.active = True
    order.server.save()
    order.provider.active = False
    order.provider.save()
    with pytest.raises(MoveRefused, match="provider account"):
        actions.perform(order.pk, "approve", actors["bob"])
    assert Order.objects.get(pk=order.pk).status == Status.PENDING


def test_badges_are_those_people_know():
    told = {status: (badge.text, badge.colour) for status, badge in BADGES.items()}
    assert set(told) == set(Status)
    assert told[Status.PENDING] == ("Pending", "blue")
    assert told[Status.IN_PROGRESS] == ("In Progress", "yellow")
    assert told[Status.IDENTITY_ADDRESS_CONFIRMED] == ("Identity Confirmed", "green")
    assert told[Status.DOCUMENTS_UPLOADED] == ("Docs Uploaded", "purple")
    assert told[Status.ORDER_PLACED] == told[Status.AWAITING_REGISTRATION] == ("Awaiting Provider", "orange")
    assert told[Status.ACTIVE] == ("Active", "green")
    assert told[Status.COMPLETED] == ("Completed", "green")
    assert told[Status.FAILED] == ("Failed", "red")


def test_the_regulated_way(regulated, actors):
    order = regulated()
    assert order.status == Status.PENDING_REVIEW
    for action in ("confirm_identity", "upload_documents", "place", "await_registration", "activate"):
        order = actions.perform(order.pk, action, actors["bob"])
    assert order.status == Status.ACTIVE
    for action, status in (
        ("block", Status.BLOCKED),
        ("reset_purchase", Status.DOCUMENTS_UPLOADED),
        ("place", Status.ORDER_PLACED),
    ):
        order = actions.perform(order.pk, action, actors["bob"], "the provider said so")
        assert order.status == status


def test_moves_are_repeated_from_the_failed_step(place, actors):
    order = place()
    Order.objects.filter(pk=order.pk).update(status=Status.FAILED, step="provision", attempts=3)
    with pytest.raises(MoveRefused, match="retry instead"):
        actions.perform(order.pk, "reset_purchase", actors["bob"], "again")
    order = actions.perform(order.pk, "retry", actors["bob"])
    order.refresh_from_db()
    assert (order.status, order.attempts, order.reason) == (Status.APPROVED, 0, "")


@pytest.mark.django_db(transaction=True)
def test_two_people_press_the_same_button(place, actors):
    order = place()

    def press(name):
        try:
            actions.perform(order.pk, "approve", actors[name])
        except MoveRefused as error:
            return str(error)
        return "done"

    answers = at_once(press, ("bob", "dora") * 3)
    assert answers.count("done") == 1
    others = [answer for answer in answers if answer != "done"]
    assert all(f"Order {order.pk} is approved" in answer and "approve" in answer for answer in others)
    assert AuditEvent.objects.filter(order=order, action="approve").count() == 1


def test_the_audit_cannot_be_changed(place):
    from django.db import DatabaseError, transaction

    order = place()
    for change in (lambda: order.audit.update(actor="somebody else"), lambda: order.audit.all()._raw_delete("default")):
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            change()


def test_what_follows_from_a_move_is_in_its_transaction(place, actors):
    from procrastinate.contrib.django.models import ProcrastinateJob

    order = place()
    assert Mail.objects.filter(order=order, kind="confirmation").count() == 1
    actions.perform(order.pk, "approve", actors["bob"])
    assert ProcrastinateJob.objects.filter(task_name="voipbox.deploy", args={"server_id": order.server_id}).count() == 1
    actions.perform(order.pk, "start", actors["system"])
    actions.perform(order.pk, "fail", actors["system"], "the switch said no")
    failed = Order.objects.get(pk=order.pk)
    assert failed.reason == "the switch said no"
    assert Mail.objects.get(order=order, kind="failure").recipients == ["staff@voipbox.example"]
