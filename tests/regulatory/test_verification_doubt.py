"""Handing a registration in, in doubt: looked up, never handed in twice, and what a provider out of reach means."""

from __future__ import annotations

import pytest
from voipbox.core.errors import Fault
from voipbox.orders.models import Mail
from voipbox.providers.errors import AuthFailed, BadRequest, NothingSent, OutcomeUnknown
from voipbox.regulatory import verification

from tests.regulatory.conftest import fresh, state


@pytest.mark.parametrize("after", [True, False])
def test_doubt_is_looked_up_and_never_handed_in_twice(bought, world, pass_time, after):
    world.script("submit_registration", OutcomeUnknown("No answer came."), after=after)
    verification.register(bought.pk)
    assert state(bought) == ("order_placed", "sending")
    for _ in range(5):
        if not after:
            verification.register(bought.pk)  # looks out of turn count for nothing
    assert state(bought) == ("order_placed", "sending")
    for seconds in (30, 90, 480, 3600):
        pass_time(seconds=seconds + 1)
        verification.register(bought.pk)
    assert world.called("submit_registration") == 1
    if after:
        assert state(bought) == ("awaiting_registration", "pending")
    else:
        assert state(bought) == ("order_placed", "needs_person")
        assert Mail.objects.filter(order=bought, kind="failure").count() == 1


def test_a_person_hands_in_again_what_is_not_there(bought, world, pass_time, actors):
    world.script("submit_registration", OutcomeUnknown("No answer came."))
    for _ in range(4):
        verification.register(bought.pk)
        pass_time(minutes=15)
    assert state(bought)[1] == "needs_person"
    verification.submit_again(bought.pk, actors["bob"])
    verification.register(bought.pk)
    assert state(bought) == ("awaiting_registration", "pending")
    assert [row["reference"][-2:] for row in world.verifications.values()] == ["-2"]


def test_a_late_one_is_found_before_a_person_hands_in_again(bought, world, pass_time, actors):
    world.script("submit_registration", OutcomeUnknown("No answer came."), after=True)
    for _ in range(3):
        world.script("find_registration", None)
    verification.register(bought.pk)
    hidden, world.verifications = world.verifications, {}
    for _ in range(3):
        pass_time(minutes=15)
        verification.register(bought.pk)
    assert state(bought)[1] == "needs_person"
    world.verifications = hidden
    verification.submit_again(bought.pk, actors["bob"])
    assert state(bought) == ("awaiting_registration", "pending")
    assert world.called("submit_registration") == 1


@pytest.mark.parametrize("after", [True, False])
def test_a_process_that_dies_while_handing_in(bought, world, pass_time, after):
    class Killed(BaseException):
        pass

    world.script("submit_registration", Killed(), after=after)
    with pytest.raises(Killed):
        verification.register(bought.pk)
    assert state(bought) == ("order_placed", "sending")
    assert fresh(bought).registration.next_poll_at is not None
    for _ in range(3):
        pass_time(minutes=15)
        verification.register(bought.pk)
    assert world.called("submit_registration") == 1
    assert state(bought)[1] == ("pending" if after else "needs_person")


@pytest.mark.parametrize("method", ["number", "validate", "registration"])
def test_a_provider_out_of_reach_is_asked_again(bought, world, pass_time, method):
    if method == "registration":
        verification.register(bought.pk)
    world.script(method, NothingSent("The provider was not reached."))
    before = state(bought)
    pass_time(days=2)
    verification.register(bought.pk)
    assert state(bought) == before
    assert "not reached" in fresh(bought).registration.words
    pass_time(days=2)
    verification.register(bought.pk)
    assert state(bought) == ("awaiting_registration", "pending")
    assert fresh(bought).registration.words == ""


def test_nothing_sent_frees_the_attempt(bought, world):
    world.script("submit_registration", NothingSent("The provider was not reached."))
    verification.register(bought.pk)
    assert state(bought) == ("order_placed", "open")
    verification.register(bought.pk)
    assert [row["reference"][-2:] for row in world.verifications.values()] == ["-1"]


def test_wrong_credentials_are_told_to_staff(bought, world):
    world.script("number", AuthFailed("Authorization failed."))
    verification.register(bought.pk)
    assert state(bought) == ("order_placed", "open")
    assert "credentials" in fresh(bought).registration.words
    assert Mail.objects.filter(order=bought, kind="failure").count() == 1


def test_a_refusal_of_the_registration_itself(bought, world):
    causes = ["one-time document is not needed", "service description is not needed"]
    world.script("submit_registration", BadRequest("x", faults=[Fault("registration", cause) for cause in causes]))
    verification.register(bought.pk)
    assert state(bought) == ("blocked", "rejected")
    assert [fault["field"] for fault in fresh(bought).registration.faults] == ["documents.onetime", "service"]
