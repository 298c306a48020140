# SPDX-License-Identifier: GPL-3.0-or-later
"""Handing a registration in once its number is bought, and following it until the provider has decided.

Handing in works like buying: the attempt is written and committed first, sent once, and on any doubt looked for by our
reference, never sent again. The number's own state counts, tested in the order terminated, awaiting, blocked, active; a
callback or an approval is only the cause to read it.
"""

from __future__ import annotations

import datetime
import logging

from django.db import transaction

from voipbox.core import clock, jobs
from voipbox.core.config import config
from voipbox.core.errors import Fault, MoveRefused
from voipbox.core.people import SYSTEM, Actor
from voipbox.orders import audit
from voipbox.orders.models import Order
from voipbox.orders.statuses import Status
from voipbox.orders.steps import Step
from voipbox.providers.errors import OutcomeUnknown, ProviderError, Refusal, Temporary, Unconfirmed
from voipbox.providers.papers import Verification
from voipbox.providers.records import NumberState

from . import access, outcomes, provider, registrations, sentences
from .models import Registration
from .ordering import must_be_ready
from .provider import RegulatedDriver
from .sending import send_onetime
from .turn import turn

log = logging.getLogger("voipbox.regulatory")
State = Registration.State
# Minutes between two looks at a registration that waits; the last one goes on for ever.
POLLS = (1, 5, 15, 60, 180, 360, 720, 1440)
# Seconds after which an attempt of unknown outcome is looked for.
LOOKS = (30, 120, 600)
FOLLOWED = frozenset({Status.ORDER_PLACED, Status.AWAITING_REGISTRATION, Status.BLOCKED})


def ask(order_id: int) -> bool:
    """Ask for the job that hands in or looks; False when one waits already."""
    return jobs.defer("voipbox.register", lock=f"register:{order_id}", queueing_lock=f"register:{order_id}", order_id=order_id)


def register(order_id: int) -> None:
    """Do the next thing for an order's registration. Repeatable at any point; it ends the order's waiting or plans a look."""
    with turn(order_id):
        order = Order.objects.select_related("server", "provider").get(pk=order_id)
        if not order.regulated or not provider.regulates(order.provider):
            return
        row = registrations.of(order)
        if order.status not in FOLLOWED or (order.status == Status.ORDER_PLACED and order.step != Step.REGISTRATION):
            Registration.objects.filter(pk=row.pk).update(next_poll_at=None)
            return
        _plan_look(row)
        try:
            with provider.opened(order) as driver:
                _go_on(driver, order, row)
        except (Temporary, Unconfirmed) as error:
            outcomes.note(order, row, error.sentence, tell=False)
        except ProviderError as error:
            outcomes.note(order, row, error.sentence)


def look_now(order_id: int, actor: Actor) -> None:
    """Do at once what the next planned look would do. Raises NotThere, NotAllowed, MoveRefused."""
    access.to_act(order_id, actor, FOLLOWED)
    register(order_id)


def submit_again(order_id: int, actor: Actor) -> Order:
    """Hand in once more after a refusal, or when nobody could find out what became of an attempt.

    Raises NotThere, NotAllowed, MoveRefused, Refused, ProviderError. An attempt whose outcome is unknown is looked for
    once more before; where it is there after all, that one is followed.
    """
    with turn(order_id):
        order = access.to_act(order_id, actor, FOLLOWED)
        row = registrations.of(order)
        if row.state in (State.SENDING, State.PENDING, State.APPROVED):
            raise MoveRefused(f"The registration of order {order_id} is {row.state} ({row.reference('verif', row.attempt)}). "
                              "Nothing was sent.")  # fmt: skip
        if not (row.state == State.NEEDS_PERSON and _is_there(order, row)):
            must_be_ready(order, actor)
            with transaction.atomic():
                Registration.objects.filter(pk=row.pk).update(state=State.OPEN, words="", faults=[], polls=0)
                audit.write(actor, "registration_again", order, after={"attempt": row.attempt + 1})
                ask(order_id)
    return order


def _go_on(driver: RegulatedDriver, order: Order, row: Registration) -> None:
    number = driver.number(order.number)
    if number is None:
        outcomes.note(order, row, f"The account does not have {order.number}. Look into the provider's portal; nothing was sent.")
    elif number.state == NumberState.TERMINATED:
        outcomes.terminated(order, row)
    elif number.state == NumberState.AWAITING_REGISTRATION:
        _await(driver, order, row)
    elif number.state == NumberState.BLOCKED:
        outcomes.blocked(order, row, f"The provider blocks {order.number}, and not for its registration. Ask the provider why.")
    elif number.state == NumberState.ACTIVE:
        outcomes.activated(order, row)
    else:
        outcomes.note(order, row, f"The provider says something of {order.number} that this program does not know. Look into "
                      "its portal, then make the order's next move by hand.")  # fmt: skip


def _await(driver: RegulatedDriver, order: Order, row: Registration) -> None:
    if row.state in (State.SENDING, State.NEEDS_PERSON):
        _look_for(driver, order, row)
    elif row.verification_id and row.state in (State.PENDING, State.APPROVED):
        _take(driver, order, row, driver.registration(row.verification_id))
    elif not row.address_id:
        outcomes.pending(order, row)
        outcomes.note(order, row, "Identity and address are not known here: register the number in the portal.", tell=False)
    elif row.state == State.OPEN or order.status == Status.ORDER_PLACED:
        _hand_in(driver, order, row)


def _hand_in(driver: RegulatedDriver, order: Order, row: Registration) -> None:
    wanted = registrations.requirements_of(order)
    said = driver.validate(wanted.id, row.identity_id, row.address_id)
    if said:
        outcomes.rejected(order, row, sentences.faults(said), "The provider would refuse the registration, so it was not sent:")
        return
    files = send_onetime(driver, order, wanted, row.kind)
    row.attempt += 1
    row.state, row.verification_id, row.submitted_at, row.misses = State.SENDING, "", clock.now(), 0
    row.decided_at, row.words = None, ""
    row.save(update_fields=["attempt", "state", "verification_id", "submitted_at", "misses", "decided_at", "words"])
    audit.write(SYSTEM, "registration_sent", order, after={"reference": _reference(row)})
    service = row.service if wanted.service_description else ""
    try:
        made = driver.submit_registration(
            _reference(row), order.number, row.address_id, files, service, callback_url(order, "address_verifications")
        )
    except Temporary:
        Registration.objects.filter(pk=row.pk).update(state=State.OPEN, attempt=row.attempt - 1, submitted_at=None)
        raise
    except (OutcomeUnknown, Unconfirmed) as error:
        _in_doubt(order, row, error.sentence)
    except Refusal as error:
        faults = [sentences.fault(fault.cause) for fault in error.faults] or [sentences.fault(str(error))]
        outcomes.rejected(order, row, faults, "The provider refused the registration:")
    except Exception:
        # A fault of this program while the answer was read: it may be handed in.
        log.exception("order %s: the answer to %s could not be read", order.pk, _reference(row))
        _in_doubt(order, row, "The provider's answer could not be read. It is looked for by itself; do not hand it in again.")
    else:
        _take(driver, order, row, made)


def _take(driver: RegulatedDriver, order: Order, row: Registration, found: Verification) -> None:
    """What the provider says of a registration that is there."""
    row.verification_id = found.id
    row.save(update_fields=["verification_id"])
    if found.state == "pending":
        outcomes.pending(order, row, found.id)
    elif found.state == "rejected":
        faults = sentences.faults(found.faults) or [Fault("registration", "no reason was given")]
        outcomes.rejected(order, row, faults, "The provider rejected the registration:")
    elif found.state == "approved":
        outcomes.approved(order, row)
        number = driver.number(order.number)
        if number is not None and number.state == NumberState.ACTIVE:
            outcomes.activated(order, row)
        elif order.status in (Status.ORDER_PLACED, Status.BLOCKED):
            outcomes.pending(order, row)
    else:
        outcomes.note(
            order, row, f"The provider says {found.state!r:.60} of registration {found.id}, which this program does not know. "
            "Look into its portal.", state=State.PENDING
        )  # fmt: skip


def _look_for(driver: RegulatedDriver, order: Order, row: Registration) -> None:
    """Read an attempt back whose outcome is not known; after the last time in vain a person is asked."""
    found = driver.find_registration(_reference(row))
    if found is not None:
        _take(driver, order, row, found)
    elif row.state == State.SENDING:
        misses, sent = row.misses + 1, row.submitted_at or clock.now()
        if clock.now() < sent + datetime.timedelta(seconds=LOOKS[row.misses]):
            misses = row.misses  # a look out of turn counts for nothing: what was sent may still be on its way
        if misses < len(LOOKS):
            moment = sent + datetime.timedelta(seconds=LOOKS[misses])
            Registration.objects.filter(pk=row.pk).update(misses=misses, next_poll_at=max(moment, _soon()))
            return
        outcomes.note(
            order, row, f"The provider shows no registration {_reference(row)} after {len(LOOKS)} looks. Look into its portal; "
            "if it is not there, hand it in again.", state=State.NEEDS_PERSON, misses=misses
        )  # fmt: skip


def _in_doubt(order: Order, row: Registration, words: str) -> None:
    outcomes.note(order, row, words, tell=False, next_poll_at=clock.now() + datetime.timedelta(seconds=LOOKS[0]))


def _is_there(order: Order, row: Registration) -> bool:
    with provider.opened(order) as driver:
        found = driver.find_registration(_reference(row))
        if found is not None:
            _take(driver, order, row, found)
    return found is not None


def _plan_look(row: Registration) -> None:
    """Plan the next look before anything is done, so that a crash is followed by one. A look out of turn plans nothing."""
    now = clock.now()
    if row.next_poll_at is not None and row.next_poll_at > now:
        return
    row.next_poll_at = now + datetime.timedelta(minutes=POLLS[min(row.polls, len(POLLS) - 1)])
    row.polls += 1
    row.save(update_fields=["next_poll_at", "polls"])


def _soon() -> datetime.datetime:
    return clock.now() + datetime.timedelta(seconds=5)


def _reference(row: Registration) -> str:
    return row.reference("verif", row.attempt)


def callback_url(order: Order, kind: str) -> str:
    """Where the provider is to tell about something."""
    assert order.provider is not None
    return f"{config().base_url}/hooks/{order.provider.slug}/{kind}/"
