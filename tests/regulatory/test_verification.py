"""From the bought number to the provider's decision: every answer, every doubt, never twice."""

from __future__ import annotations

import pytest
from django.db import connection
from voipbox.core import clock
from voipbox.core.errors import MoveRefused, Refused
from voipbox.orders import actions
from voipbox.orders.models import Mail, Order
from voipbox.providers.records import NumberState
from voipbox.regulatory import handing_in, ordering, sending, tasks, verification
from voipbox.regulatory.models import Document, Registration

from tests.regulatory import files
from tests.regulatory.conftest import ADDRESS, PERSON, deferred, fresh, looked_and_reviewed, state


def forget():
    """No job waits."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")


def test_buying_asks_for_the_registration(bought):
    assert state(bought) == ("order_placed", "open")
    assert bought.pk in deferred()


def test_a_number_that_works_at_once_is_activated_without_a_registration(bought, world):
    world.states[bought.number] = NumberState.ACTIVE
    verification.register(bought.pk)
    assert state(bought) == ("active", "approved")
    assert not world.verifications


def test_terminated(bought, world):
    world.states[bought.number] = NumberState.TERMINATED
    verification.register(bought.pk)
    assert state(bought)[0] == "terminated"
    assert not world.verifications
    assert Mail.objects.filter(order=bought, kind="failure").count() == 1


def test_blocked_for_another_cause_is_looked_at_again_and_may_end_well(bought, world):
    world.states[bought.number] = NumberState.BLOCKED
    verification.register(bought.pk)
    verification.register(bought.pk)
    assert state(bought)[0] == "blocked"
    assert fresh(bought).registration.next_poll_at is not None
    assert "not for its registration" in fresh(bought).reason
    assert bought.audit.filter(action="block").count() == 1
    world.states[bought.number] = NumberState.ACTIVE
    verification.register(bought.pk)
    assert state(bought)[0] == "active"


def test_a_state_that_nobody_foresaw_stays_and_staff_are_told_once(bought, world):
    world.states[bought.number] = NumberState.UNKNOWN
    for _ in range(3):
        verification.register(bought.pk)
    assert state(bought) == ("order_placed", "open")
    assert "does not know" in fresh(bought).registration.words
    assert Mail.objects.filter(order=bought, kind="failure").count() == 1


def test_a_verification_in_a_state_that_nobody_foresaw(bought, world):
    verification.register(bought.pk)
    next(iter(world.verifications.values()))["state"] = "in_a_drawer"
    verification.register(bought.pk)
    assert state(bought) == ("awaiting_registration", "pending")
    assert "in_a_drawer" in fresh(bought).registration.words
    world.approve()
    verification.register(bought.pk)
    assert state(bought) == ("active", "approved")


def test_a_number_that_the_account_does_not_have(bought, world):
    del world.states[bought.number]
    verification.register(bought.pk)
    assert state(bought) == ("order_placed", "open")
    assert "does not have" in fresh(bought).registration.words
    assert not world.verifications


def test_polling_backs_off_and_callbacks_do_not_disturb_it(bought, world, pass_time):
    gaps = []
    for _ in range(len(verification.POLLS) + 2):
        verification.register(bought.pk)
        row = fresh(bought).registration
        planned = row.next_poll_at
        gaps.append(round((planned - clock.now()).total_seconds() / 60))
        verification.register(bought.pk)  # a hint in between
        assert fresh(bought).registration.next_poll_at == planned
        pass_time(minutes=gaps[-1], seconds=1)
    assert gaps == [*verification.POLLS, verification.POLLS[-1], verification.POLLS[-1]]
    assert world.called("submit_registration") == 1


def test_the_periodic_job_asks_for_what_is_due_and_for_what_nobody_began(bought, pass_time):
    from procrastinate.contrib.django.models import ProcrastinateJob

    forget()
    tasks.look_after.func.__wrapped__(0)
    assert deferred() == [bought.pk]
    forget()
    verification.register(bought.pk)
    tasks.look_after.func.__wrapped__(0)
    assert deferred() == []
    pass_time(minutes=2)
    tasks.look_after.func.__wrapped__(0)
    assert deferred() == [bought.pk]
    tasks.look_after.func.__wrapped__(0)
    assert ProcrastinateJob.objects.filter(task_name="voipbox.register", status="todo").count() == 1


def test_an_approval_waits_for_the_number_itself(bought, world):
    verification.register(bought.pk)
    world.approve(switch_on=False)
    verification.register(bought.pk)
    assert state(bought) == ("awaiting_registration", "approved")
    decided = fresh(bought).registration.decided_at
    assert decided is not None
    world.states[bought.number] = NumberState.ACTIVE
    verification.register(bought.pk)
    assert state(bought) == ("active", "approved")
    assert fresh(bought).registration.decided_at == decided


def test_approved_but_blocked(bought, world):
    verification.register(bought.pk)
    world.approve(switch_on=False)
    world.states[bought.number] = NumberState.BLOCKED
    verification.register(bought.pk)
    assert state(bought)[0] == "blocked"


def test_a_rejection_is_shown_field_by_field_corrected_and_registered_again(bought, world, give, bring, actors):
    verification.register(bought.pk)
    world.reject("The proof of personal address is required", "Identity Birth Date does not match")
    verification.register(bought.pk)
    one = fresh(bought)
    assert (one.status, one.registration.state) == ("blocked", "rejected")
    assert [fault["field"] for fault in one.registration.faults] == ["documents.address", "identity.birth_date"]
    assert "The proof of personal address is required" in one.reason
    verification.register(bought.pk)
    assert len(world.verifications) == 1  # nothing is handed in again by itself
    give(one, identity={**PERSON, "birth_date": "1981-02-03"})
    with pytest.raises(MoveRefused, match="were not handed in"):
        verification.submit_again(one.pk, actors["bob"])
    looked_and_reviewed(one.pk, actors["bob"])
    handing_in.submit_identity(one.pk, actors["bob"])
    bring(one, "address", "Utility Bill", files.pdf(b"a newer bill"))
    with pytest.raises(Refused):
        verification.submit_again(one.pk, actors["bob"])
    sending.send_documents(one.pk, actors["bob"])
    verification.submit_again(one.pk, actors["bob"])
    assert one.pk in deferred()
    verification.register(one.pk)
    assert state(one) == ("awaiting_registration", "pending")
    references = [row["reference"] for row in world.verifications.values()]
    assert [reference.rsplit("-", 1)[1] for reference in references] == ["1", "2"]
    world.approve()
    verification.register(one.pk)
    assert state(one) == ("active", "approved")
    assert len(world.purchases) == 1


def test_reset_purchase_uses_the_number_that_is_owned(bought, world, give, actors, walk):
    from voipbox.numbers import advance

    verification.register(bought.pk)
    world.reject("The proof of personal address is required")
    verification.register(bought.pk)
    actions.perform(bought.pk, "reset_purchase", actors["bob"], "another try")
    assert state(bought)[0] == "documents_uploaded"
    assert ordering.look(bought.pk, actors["bob"]).owned
    with pytest.raises(MoveRefused, match="is bought"):
        ordering.choose(bought.pk, actors["bob"], world.offered[0])
    ordering.place(bought.pk, actors["bob"])
    advance.advance(bought.pk)
    assert (fresh(bought).status, fresh(bought).step) == ("order_placed", "registration")
    verification.register(bought.pk)
    assert state(bought) == ("awaiting_registration", "pending")
    assert (len(world.purchases), len(world.verifications)) == (1, 2)


def test_the_dry_run_before_the_registration(bought, world):
    world.extra_sentences = ("Address Postal Code is invalid",)
    verification.register(bought.pk)
    assert state(bought) == ("blocked", "rejected")
    assert fresh(bought).registration.faults[0]["field"] == "address.postal_code"
    assert world.called("submit_registration") == 0


def test_one_time_forms_and_service_go_with_the_registration_and_only_where_they_are_asked_for(
    order, give, bring, world, actors, pass_time
):
    import dataclasses

    from voipbox.numbers import advance

    need = dataclasses.replace(world.requirements.personal, onetime="Letter of Authorisation")
    world.requirements = dataclasses.replace(world.requirements, personal=need, service_description=True)
    one = order()
    with pytest.raises(Refused, match="service"):
        give(one, identity=PERSON, address=ADDRESS, service=" ")
    give(one, identity=PERSON, address=ADDRESS, service="support calls")
    looked_and_reviewed(one.pk, actors["bob"])
    handing_in.submit_identity(one.pk, actors["bob"])
    bring(one)
    bring(one, "address", "Utility Bill", files.pdf())
    with pytest.raises(Refused, match="Letter of Authorisation"):
        sending.send_documents(one.pk, actors["bob"])
    bring(one, "onetime", "", files.pdf(b"letter"))
    sending.send_documents(one.pk, actors["bob"])
    ordering.place(one.pk, actors["bob"])
    pass_time(days=3)  # loose files at the provider are long gone
    advance.advance(one.pk)
    assert Document.objects.get(order=one, entity="onetime").sent_at is None
    verification.register(one.pk)
    assert state(one) == ("awaiting_registration", "pending")
    row = next(iter(world.verifications.values()))
    assert row["service"] == "support calls"
    assert [b"letter" in world.files[name]["content"] for name in row["files"]] == [True]
    form = Document.objects.get(order=one, entity="onetime")
    assert (form.file_id, form.sent_at is not None) == (row["files"][0], True)
    world.approve()
    verification.register(one.pk)
    assert Document.objects.get(order=one, entity="onetime").sent_at == form.sent_at


def test_a_one_time_form_that_was_refused_may_be_replaced(order, give, bring, world, actors):
    import dataclasses

    from voipbox.numbers import advance

    need = dataclasses.replace(world.requirements.personal, onetime="Letter of Authorisation")
    world.requirements = dataclasses.replace(world.requirements, personal=need)
    one = order()
    give(one, identity=PERSON, address=ADDRESS)
    looked_and_reviewed(one.pk, actors["bob"])
    handing_in.submit_identity(one.pk, actors["bob"])
    bring(one)
    bring(one, "address", "Utility Bill", files.pdf())
    bring(one, "onetime", "", files.pdf(b"letter"))
    sending.send_documents(one.pk, actors["bob"])
    ordering.place(one.pk, actors["bob"])
    advance.advance(one.pk)
    verification.register(one.pk)
    world.reject("one-time document is not signed")
    verification.register(one.pk)
    assert state(one) == ("blocked", "rejected")
    form = Document.objects.get(order=one, entity="onetime")
    assert (form.file_id, form.sent_at) == ("", None)


def test_nothing_is_handed_in_before_the_number_is_bought(order, walk, world):
    one = order()
    walk(one, "placed")
    verification.register(one.pk)
    assert not world.verifications
    assert state(one) == ("order_placed", "open")


def test_a_number_that_people_registered_in_the_portal_is_followed(order, world, actors):
    from voipbox.numbers import advance

    one = order()
    actions.perform(one.pk, "confirm_identity", actors["bob"])
    sending.mark_uploaded(one.pk, actors["bob"])
    ordering.place(one.pk, actors["bob"])
    advance.advance(one.pk)
    verification.register(one.pk)
    assert state(one) == ("awaiting_registration", "open")
    assert not world.verifications
    world.states[one.number] = NumberState.ACTIVE
    verification.register(one.pk)
    assert state(one)[0] == "active"


def test_an_order_that_went_another_way_is_left_alone(bought, world, actors):
    Order.objects.filter(pk=bought.pk).update(status="failed")
    verification.register(bought.pk)
    assert not world.verifications
    assert Registration.objects.get(order=bought).next_poll_at is None


def test_two_at_once_hand_in_once(bought, world):
    from voipbox.core.session_lock import SessionLock

    with SessionLock(7102, bought.pk) as lock:
        assert lock.take()
        with pytest.raises(MoveRefused, match="right now"):
            verification.register(bought.pk)
        tasks.register.func.__wrapped__(bought.pk)  # the job leaves it to the next look
    assert not world.verifications


def test_a_number_that_staff_registered_in_the_portal_is_looked_at(order, walk, world, actors):
    one = order()
    walk(one, "awaiting")
    world.reject("Identity First Name is wrong")
    verification.register(one.pk)
    actions.perform(one.pk, "await_registration", actors["bob"], "registered in the portal")
    forget()
    tasks.look_after.func.__wrapped__(0)
    assert deferred() == [one.pk]
    world.approve()
    verification.register(one.pk)
    assert fresh(one).status == "active"
