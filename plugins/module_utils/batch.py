# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs over any number of tenants: each compared and written in its own transaction, the switch told once for all."""

from __future__ import annotations

from .changes import Changes
from .effects import Effects, carry_out_all
from .errors import DatabaseError, EngineError, place_of
from .prefetch import Prefetch
from .work import Work


class Outcome:
    """What became of one tenant: its work, or the error that stopped it. checked: this was check mode."""

    def __init__(self, tenant, checked=False):
        self.tenant = tenant
        self.checked = checked
        self.work = None
        self.error = None
        self.changed = False
        self.outbox = []
        self.states = {}

    def fail(self, error):
        """Note an error; the first one counts."""
        if self.error is None:
            self.error = error

    def undone(self, error, uncertain=False):
        """Note an error whose transaction was rolled back: nothing more is told of what it would have done.

        uncertain: the commit may have been done all the same; passwords that were generated are still handed on then.
        """
        self.fail(error)
        self.changed = False
        self.outbox = []
        work, self.work = self.work, None
        if uncertain and work is not None:
            work.changes = Changes(work.schema)
            work.effects = Effects()
            work.gateways = {}
            work.to_enable = {}
            self.work = work


def converge(session, tenants, plan, look=True):
    """Bring each tenant to its wanted state and then the switch.

    plan(work, tenant) fills work.changes and work.effects and raises EngineError. A tenant that fails is rolled back
    and neither stops nor harms the others, not even when its rows hold what nobody foresaw. With look, several tenants are
    compared at once first, and only those in which that finds something get a transaction of their own. A tenant for which
    an earlier run still owes the switch something that cannot be done fails too, unless it is being removed (look is False
    then). Returns an Outcome a tenant, in order.
    """
    prefetch = Prefetch(session, tenants) if look and len(tenants) > 1 else None
    unchanged = [_unchanged(session, tenant, plan, prefetch) for tenant in tenants]
    session.database.rollback()
    outcomes = [found or _write(session, tenant, plan) for found, tenant in zip(unchanged, tenants)]
    if not session.check_mode:
        settle(session, outcomes)
    if look:
        for outcome in outcomes:
            if outcome.tenant["domain"] in session.owed:
                outcome.fail(session.owed[outcome.tenant["domain"]])
    return outcomes


def _unchanged(session, tenant, plan, prefetch):
    """The Outcome of a tenant in which a look without locks finds nothing to do, else None."""
    if prefetch is None or tenant["domain"] not in prefetch.domains:
        return None
    work = Work(session, tenant["domain"], prefetch)
    try:
        work.load()
        plan(work, tenant)
    except Exception:  # pylint: disable=broad-except
        # Whatever it is, it is met again and told where the tenant is read under its lock.
        return None
    if work.changes or work.effects or work.to_enable:
        return None
    outcome = Outcome(tenant, session.check_mode)
    outcome.work = work
    return outcome


def _write(session, tenant, plan):
    outcome = Outcome(tenant, session.check_mode)
    database = session.database
    work = Work(session, tenant["domain"])
    committing = False
    try:
        work.lock()
        work.load()
        plan(work, tenant)
        outcome.work = work
        outcome.changed = bool(work.changes) or bool(work.effects)
        if session.check_mode or not outcome.changed:
            database.rollback()
            return outcome
        work.changes.apply(database)
        if work.effects:
            outcome.outbox.append(session.outbox.add(work.domain_name, work.effects))
        committing = True
        database.commit()
    except EngineError as error:
        database.rollback()
        outcome.undone(error, committing)
    except Exception as error:  # pylint: disable=broad-except
        database.rollback()
        outcome.undone(_unforeseen(error))
    return outcome


def _unforeseen(error):
    return EngineError(
        "An unforeseen {0} stopped this tenant at {1}.".format(*place_of(error)),
        next_step="It is safe to run again; please report it with these words.",
    )


def settle(session, outcomes):
    """Carry out what the written tenants owe the switch, merged; then forget the outbox rows.

    Rows of a tenant that could not be settled stay in the outbox for the next run.
    """
    owing = [
        (position, outcome.tenant["domain"], outcome.work.effects) for position, outcome in enumerate(outcomes) if outcome.outbox
    ]
    if not owing:
        return
    done, failed = carry_out_all(owing, session.switch, session.cache, session.settings)
    try:
        session.outbox.done([identity for position in done for identity in outcomes[position].outbox])
    except DatabaseError as error:
        session.database.rollback()
        for position in done:
            outcomes[position].fail(
                DatabaseError(
                    error.what,
                    not_done="Everything was written and the switch was told; only the note of it may be left in the outbox.",
                    next_step="Run again: it is safe.",
                )
            )
    for position in done:
        outcomes[position].outbox = []
    for outcome in outcomes:
        if outcome.outbox and outcome.tenant["domain"] in failed:
            outcome.fail(failed[outcome.tenant["domain"]])
