# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verifying tenants on the running switch: the switch is asked; the database only names gateways and causes.

Each check is a generator that yields lists of questions and is sent their answers, so that the questions of a whole batch
travel together, and one that several tenants share is asked once.
"""

from __future__ import annotations

from . import cache
from .destinations import MAY_TAKE, by_digits, candidates, digits_of, routes_of, taken_form
from .dial_in_thought import confirmations, emergency_calls, suspects
from .dialled_numbers import countries_of
from .errors import DatabaseError, EngineError, SwitchError
from .folders import domain_folders, shut_to_owner
from .numbers import forms
from .rules import cidr
from .rules import dialled as dialled_rule
from .served_dialplan import extensions_of, outline_command, outline_of, parts_of, regex_command, served_command

_UNFINISHED = "Verifying was not finished; it writes nothing, and what was written before stays written."
_DISABLED = "disabled in FusionPBX; provisioning it with enabled: true opens it"

_LEFT = "disabled in FusionPBX, and the file leaves that as it is"


class Check:
    """One thing that was asked: what, whether it is as wanted, and what was seen."""

    def __init__(self, what, passed, seen=""):
        self.what = what
        self.passed = passed
        self.seen = seen

    def as_dict(self):
        """For the result of a module."""
        return {"what": self.what, "passed": self.passed, "seen": self.seen}


def verify(session, tenants, wait_seconds=35):
    """Checks of tenants (documents of the verify action): a list of Check a tenant, in order.

    wait_seconds: how long gateways that are not ready yet are waited for. Raises SwitchError when nothing answers.
    """
    checks = [[] for unused in tenants]
    for position, found in enumerate(_gateways(session, tenants, wait_seconds)):
        checks[position].extend(found)
    missed = set()
    lost = {}
    suspended = _suspended(session, tenants)
    numbers = _numbers(session, tenants)
    rivals = _rivals(session, tenants)
    for position, tenant in enumerate(tenants):
        checks[position].extend(_folders(session, tenant))
    talks = {
        (position, part): talk
        for position, tenant in enumerate(tenants)
        for part, talk in enumerate(
            _talks(
                tenant,
                tenant["domain"] in suspended,
                numbers.get(tenant["domain"], []),
                rivals.get(tenant["domain"], []),
                missed,
                lost,
            )
        )
    }
    finished = _converse(session.switch, talks)
    for key in sorted(finished):
        checks[key[0]].extend(finished[key])
    if lost:
        _tell_disabled(session, lost)
    if missed:
        # The handler caches what it did not find; a route that comes later must not meet that.
        session.cache.drop(cache.inbound(sorted(missed))[1:])
    return checks


def _talks(tenant, suspended, numbers, rivals, missed, lost):
    """What is asked about one tenant. A suspended one has no extensions on the switch; whether its numbers are served
    depends on FusionPBX's destinations mode, and they lead nowhere, so they are not asked about.
    """
    inbound = [] if suspended else [_inbound(tenant, missed)]
    return [_extensions(tenant, suspended, lost), _addresses(tenant), *inbound, _alone(rivals), _dialled(tenant, numbers)]


def _suspended(session, tenants):
    """Domains that are to be closed: by their file, or in FusionPBX where the file says nothing of it."""
    silent = [tenant["domain"] for tenant in tenants if tenant.get("enabled") is None]
    rows = _read(
        session,
        "SELECT domain_name FROM v_domains WHERE domain_name = ANY(%s) AND domain_enabled::text = 'false'",
        (silent,),
    )
    return {row["domain_name"] for row in rows} | {tenant["domain"] for tenant in tenants if tenant.get("enabled") is False}


def _folders(session, tenant):
    """FusionPBX's pages and the switch write in these folders as the web server's user, whoever made them."""
    checks = []
    try:
        for root, path in domain_folders(session, tenant["domain"]):
            cause = shut_to_owner(root, path, session.settings)
            checks.append(Check("folder {0} can be written by the web server".format(path), not cause, cause or "writable"))
    except EngineError as error:
        checks.append(Check("folders can be written by the web server", False, error.what))
    return checks


def _converse(switch, talks):
    """Run all generators to their ends; {key: what it returned}."""
    finished = {}
    waiting = {}
    for key, talk in talks.items():
        _advance(talk, None, key, waiting, finished)
    while waiting:
        questions = list(dict.fromkeys(question for asked in waiting.values() for question in asked))
        answers = dict(zip(questions, switch.ask(questions)))
        asked_before, waiting = waiting, {}
        for key, asked in asked_before.items():
            _advance(talks[key], [answers[question] for question in asked], key, waiting, finished)
    return finished


def _advance(talk, answers, key, waiting, finished):
    try:
        waiting[key] = talk.send(answers)
    except StopIteration as end:
        finished[key] = end.value


def _extensions(tenant, suspended, lost):
    extensions = tenant.get("extensions") or []
    answers = yield ["user_exists id {0} {1}".format(entry["number"], tenant["domain"]) for entry in extensions]
    checks = []
    for entry, answer in zip(extensions, answers):
        wanted = entry.get("enabled") is not False and not suspended
        there = answer.strip() == "true"
        what = "extension {0} {1}".format(entry["number"], "resolves" if wanted else "is closed")
        checks.append(Check(what, there == wanted, "found" if there else "not found"))
        if wanted and not there:
            lost[tenant["domain"], entry["number"]] = (checks[-1], entry.get("enabled") is None)
    return checks


def _tell_disabled(session, lost):
    """Name the cause where there is one. An extension that is disabled, and of which the file says nothing, is as it
    should be. lost: failed checks, and whether the file is silent, by domain and extension number.
    """
    rows = _read(
        session,
        "SELECT d.domain_name, e.extension FROM v_extensions e JOIN v_domains d USING (domain_uuid) "
        "WHERE d.domain_name = ANY(%s) AND e.extension = ANY(%s) AND e.enabled::text = 'false'",
        (sorted({domain for domain, unused in lost}), sorted({number for unused, number in lost})),
    )
    for row in rows:
        check, silent = lost.get((row["domain_name"], row["extension"]), (None, False))
        if check and silent:
            check.what, check.passed, check.seen = "extension {0} is closed".format(row["extension"]), True, _LEFT
        elif check:
            check.seen = _DISABLED


def _read(session, sql, parameters):
    try:
        return session.database.execute(sql, parameters)
    except DatabaseError as error:
        raise DatabaseError(error.what, _UNFINISHED, "Run again: it is safe.") from None
    finally:
        session.database.rollback()


def _gateways(session, tenants, wait_seconds):
    """The gateways of all tenants are waited for at once."""
    rows = _gateway_rows(session, tenants)
    known = [
        rows[key]["identity"]
        for tenant in tenants
        for key in ((tenant["domain"], gateway["name"]) for gateway in _open_gateways(tenant))
        if key in rows and rows[key]["enabled"] == "true"
    ]
    states = session.switch.wait_for_gateways(known, wait_seconds) if known else {}
    for tenant in tenants:
        checks = []
        for gateway in _open_gateways(tenant):
            row = rows.get((tenant["domain"], gateway["name"]))
            state = states.get(row["identity"], ("MISSING", ""))[0] if row else "MISSING"
            # A file that leaves register out leaves an adopted gateway as it is, and NOREG is one that does not register.
            unregistered = gateway.get("register") is False or (gateway.get("register") is None and state == "NOREG")
            expected = "NOREG" if unregistered else "REGED"
            closed = row is not None and row["enabled"] != "true"
            seen = _DISABLED if closed else state
            checks.append(Check("gateway {0} is {1}".format(gateway["name"], expected), state == expected, seen))
        yield checks


def _open_gateways(tenant):
    gateways = (tenant.get("trunk") or {}).get("gateways") or []
    return [gateway for gateway in gateways if gateway.get("enabled") is not False]


def _gateway_rows(session, tenants):
    """Identity and enabled of gateways by domain and name: the switch knows a gateway by its uuid alone."""
    rows = _read(
        session,
        "SELECT d.domain_name, g.gateway, lower(g.gateway_uuid::text) AS identity, "
        "coalesce(g.enabled::text, 'true') AS enabled FROM v_gateways g "
        "JOIN v_domains d USING (domain_uuid) WHERE d.domain_name = ANY(%s)",
        ([tenant["domain"] for tenant in tenants],),
    )
    return {(row["domain_name"], row["gateway"]): row for row in rows}


def _addresses(tenant):
    networks = [cidr(address) for address in (tenant.get("trunk") or {}).get("provider_addresses") or []]
    answers = yield ["acl {0} providers".format(network.split("/")[0]) for network in networks]
    return [
        Check(
            "provider address {0} is let in".format(network),
            answer.strip() == "true",
            "let in" if answer.strip() == "true" else "refused",
        )
        for network, answer in zip(networks, answers)
    ]


def _inbound(tenant, missed):
    dialled = [
        (route["number"], form)
        for route in (tenant.get("trunk") or {}).get("inbound") or []
        for form in forms(route["number"], route.get("match") or "any")
    ]
    if not dialled:
        return []
    mark = "domain_name=" + tenant["domain"]
    (answer,) = yield [served_command("public", [form for unused, form in dialled], mark)]
    seen = []
    questions = []
    try:
        served = [[expression for unused, expression in extensions_of(part)] for part in parts_of(answer, len(dialled))]
    except EngineError as error:
        return [Check("inbound routes are served", False, error.what)]
    for (unused, form), expressions in zip(dialled, served):
        questions.append([regex_command(form, expression) for expression in expressions])
    answers = yield [question for asked in questions for question in asked]
    for asked in questions:
        mine, answers = answers[: len(asked)], answers[len(asked) :]
        if any(answer.strip() == "true" for answer in mine):
            seen.append("found")
        else:
            seen.append("served, but its expression does not match" if asked else "no dialplan of this tenant is served")
    missed.update(form for (unused, form), what in zip(dialled, seen) if what != "found")
    return [
        Check("number {0} dialled as {1} is found".format(number, form), what == "found", what)
        for (number, form), what in zip(dialled, seen)
    ]


def _rivals(session, tenants):
    """Destinations of other tenants that take a form of a tenant's number: [(form, other domain)] by domain."""
    digits = digits_of(routes_of(tenants))
    if not digits:
        return {}
    rows = _read(
        session,
        "SELECT d.domain_name, t.destination_uuid::text AS destination_uuid, t.destination_prefix, t.destination_number, "
        "t.destination_number_regex FROM v_destinations t JOIN v_domains d USING (domain_uuid) WHERE " + MAY_TAKE,
        (digits, digits),
    )
    found = by_digits(rows)
    rivals = {}
    for tenant in tenants:
        for route in routes_of([tenant]):
            for row in candidates(found, digits_of([route])):
                form = taken_form(row, route) if row["domain_name"] != tenant["domain"] else None
                if form:
                    rivals.setdefault(tenant["domain"], []).append((form, row["domain_name"]))
    return rivals


def _alone(rivals):
    """Whether the switch serves a number to another tenant as well: which of two answers then is chance."""
    told = set(rivals)
    for form, domain in sorted(told):
        (answer,) = yield [served_command("public", [form], "domain_name=" + domain)]
        try:
            expressions = [expression for unused, expression in extensions_of(parts_of(answer, 1)[0])]
        except EngineError as error:
            return [Check("number {0} reaches this tenant alone".format(form), False, error.what)]
        answers = yield [regex_command(form, expression) for expression in expressions]
        if not any(answer.strip() == "true" for answer in answers):
            told.discard((form, domain))
    return [
        Check("number {0} reaches this tenant alone".format(form), False, "{0} takes it too".format(domain))
        for form, domain in sorted(told)
    ]


def _dialled(tenant, numbers):
    """What becomes of the numbers that the tenant's phones dial. numbers: those of its extensions in the database."""
    entries = (tenant.get("trunk") or {}).get("outbound") or []
    if not entries and not numbers:
        return []
    (answer,) = yield [outline_command(tenant["domain"])]
    try:
        outline = outline_of(answer)
    except SwitchError as error:
        return [Check("dialled numbers are served", False, error.what)]
    checks = yield from _outbound(entries, {each for one in outline if one.leaves for each in one.expressions})
    checks.extend((yield from _emergency(tenant, outline)))
    countries = countries_of(route["number"] for route in (tenant.get("trunk") or {}).get("inbound") or [])
    found = suspects(outline, numbers, countries)
    questions = confirmations(tenant["domain"], found)
    answers = (yield [question for asked in questions for question in asked]) if questions else []
    wrong = []
    for (unused, unused2, what, seen), asked in zip(found, questions):
        mine, answers = answers[: len(asked)], answers[len(asked) :]
        if all(answer.strip() == "true" for answer in mine):
            wrong.append(Check(what, False, seen))
    return checks + (wrong or [Check("extensions have numbers that nothing else takes", True, "free")])


def _emergency(tenant, outline):
    """Emergency calls in thought: no extension has the number, and the first dialplan that takes it is a route."""
    calls = emergency_calls(tenant, outline)
    answers = (yield ["user_exists id {0} {1}".format(number, tenant["domain"]) for number, unused in calls]) if calls else []
    checks = []
    for (number, seen), answer in zip(calls, answers):
        rings = "an extension {0} rings instead".format(number) if answer.strip() == "true" else ""
        checks.append(Check("emergency call {0} goes out".format(number), not (rings or seen), rings or seen or "goes out"))
    return checks


def _numbers(session, tenants):
    """Numbers and aliases of the extensions in the database, by domain; what cannot be dialled is left out."""
    rows = _read(
        session,
        "SELECT d.domain_name, e.extension, e.number_alias FROM v_extensions e JOIN v_domains d USING (domain_uuid) "
        "WHERE d.domain_name = ANY(%s)",
        ([tenant["domain"] for tenant in tenants],),
    )
    found = {}
    for row in rows:
        names = found.setdefault(row["domain_name"], [])
        named = (row["extension"], row["number_alias"])
        names.extend(name for name in named if name and name not in names and dialled_rule(name) is None)
    return found


def _outbound(entries, served):
    """The routes of the file. served: expressions of the dialplans whose calls leave by a gateway."""
    checks = []
    for entry in entries:
        expressions = [route["expression"] for route in entry["routes"]]
        found = [expression for expression in expressions if expression in served]
        if entry.get("enabled") is False:
            what = "outbound {0} is closed".format(entry["template"])
            checks.append(Check(what, not found, "open: " + ", ".join(found) if found else "closed"))
            continue
        missing = [expression for expression in expressions if expression not in served]
        what = "outbound {0} is served".format(entry["template"])
        checks.append(Check(what, not missing, "missing: " + ", ".join(missing) if missing else "served"))
        checks.extend((yield from _samples(entry, expressions)))
    return checks


def _samples(entry, expressions):
    samples = entry.get("samples") or {}
    checks = []
    for wanted, numbers in ((True, samples.get("match") or []), (False, samples.get("no_match") or [])):
        if not numbers:
            continue
        answers = yield [regex_command(number, expression) for number in numbers for expression in expressions]
        wrong = []
        for place, number in enumerate(numbers):
            mine = answers[place * len(expressions) : (place + 1) * len(expressions)]
            if any(answer.strip() == "true" for answer in mine) != wanted:
                wrong.append(number)
        what = "outbound {0} {1} {2}".format(entry["template"], "takes" if wanted else "refuses", ", ".join(numbers))
        checks.append(Check(what, not wrong, "wrong for " + ", ".join(wrong) if wrong else "as wanted"))
    return checks
