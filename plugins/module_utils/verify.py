# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verifying a tenant on the running switch: the switch is asked, never the database."""

from __future__ import annotations

from . import cache
from .errors import EngineError, SwitchError
from .numbers import forms
from .rules import cidr
from .served_dialplan import extensions_of, regex_command, served_command

# Companion dialplans only mark a call as outbound; what places it goes through a gateway.
_OUTBOUND_MARK = "sofia/gateway/"


class Check:
    """One thing that was asked: what, whether it is as wanted, and what was seen."""

    def __init__(self, what, passed, seen=""):
        self.what = what
        self.passed = passed
        self.seen = seen

    def as_dict(self):
        """For the result of a module."""
        return {"what": self.what, "passed": self.passed, "seen": self.seen}


def verify(session, tenant, wait_seconds=35):
    """Checks of one tenant (document of the verify action); a list of Check. Raises SwitchError when nothing answers."""
    trunk = tenant.get("trunk") or {}
    checks = _extensions(session, tenant)
    checks += _gateways(session, trunk.get("gateways") or [], tenant["domain"], wait_seconds)
    checks += _addresses(session, trunk.get("provider_addresses") or [])
    checks += _inbound(session, trunk.get("inbound") or [], tenant["domain"])
    checks += _outbound(session, trunk.get("outbound") or [], tenant["domain"])
    return checks


def _extensions(session, tenant):
    extensions = tenant.get("extensions") or []
    answers = session.switch.ask(["user_exists id {0} {1}".format(entry["number"], tenant["domain"]) for entry in extensions])
    checks = []
    for entry, answer in zip(extensions, answers):
        wanted = entry.get("enabled") is not False
        there = answer.strip() == "true"
        what = "extension {0} {1}".format(entry["number"], "resolves" if wanted else "is closed")
        checks.append(Check(what, there == wanted, "found" if there else "not found"))
    return checks


def _gateways(session, gateways, domain, wait_seconds):
    wanted = {gateway["name"]: gateway for gateway in gateways if gateway.get("enabled") is not False}
    if not wanted:
        return []
    identities = _identities(session, list(wanted), domain)
    known = [identity for identity in identities.values() if identity]
    states = session.switch.wait_for_gateways(known, wait_seconds) if known else {}
    checks = []
    for name, gateway in wanted.items():
        expected = "NOREG" if gateway.get("register") is False else "REGED"
        state = states.get(identities.get(name), ("MISSING", ""))[0]
        checks.append(Check("gateway {0} is {1}".format(name, expected), state == expected, state))
    return checks


def _identities(session, names, domain):
    """Gateway uuids by name: the switch knows a gateway by its uuid alone, so this one thing is looked up."""
    rows = session.schema.select(
        session.database,
        "v_gateways",
        "gateway = ANY(%s) AND domain_uuid = (SELECT domain_uuid FROM v_domains WHERE domain_name = %s LIMIT 1)",
        (names, domain),
    )
    session.database.rollback()
    return {row["gateway"]: row["gateway_uuid"].lower() for row in rows}


def _addresses(session, addresses):
    networks = [cidr(address) for address in addresses]
    missing = set(session.switch.not_in_providers(networks))
    return [
        Check(
            "provider address {0} is let in".format(network),
            network not in missing,
            "refused" if network in missing else "let in",
        )
        for network in networks
    ]


def _inbound(session, routes, domain):
    questions = []
    for route in routes:
        for form in _dialled_forms(route):
            questions.append((route["number"], form))
    answers = session.switch.ask([served_command("public", form, "domain_name=" + domain) for unused, form in questions])
    checks = []
    missed = []
    for (number, form), answer in zip(questions, answers):
        seen = _serves(session, answer, form)
        if seen != "found":
            missed.append(form)
        checks.append(Check("number {0} dialled as {1} is found".format(number, form), seen == "found", seen))
    if missed:
        # The handler caches what it did not find; a route that comes later must not meet that.
        session.cache.drop(cache.inbound(missed)[1:])
    return checks


def _serves(session, answer, form):
    try:
        served = extensions_of(answer)
    except EngineError as error:
        return error.what
    expressions = [expression for unused, expression in served]
    if not expressions:
        return "no dialplan of this tenant is served"
    matched = session.switch.ask([regex_command(form, expression) for expression in expressions])
    return "found" if any(answer.strip() == "true" for answer in matched) else "served, but its expression does not match"


def _dialled_forms(route):
    all_forms = forms(route["number"])
    match = route.get("match") or "any"
    return {"any": all_forms, "plus": all_forms[:1], "digits": all_forms[1:2]}[match]


def _outbound(session, entries, domain):
    if not entries:
        return []
    try:
        answer = session.switch.ask([served_command(domain, "0", _OUTBOUND_MARK)])[0]
        served = {expression for unused, expression in extensions_of(answer)}
    except SwitchError as error:
        return [Check("outbound routes are served", False, error.what)]
    checks = []
    for entry in entries:
        expressions = [route["expression"] for route in entry["routes"]]
        if entry.get("enabled") is False:
            open_ones = [expression for expression in expressions if expression in served]
            what = "outbound {0} is closed".format(entry["template"])
            checks.append(Check(what, not open_ones, "open: " + ", ".join(open_ones) if open_ones else "closed"))
            continue
        missing = [expression for expression in expressions if expression not in served]
        what = "outbound {0} is served".format(entry["template"])
        checks.append(Check(what, not missing, "missing: " + ", ".join(missing) if missing else "served"))
        samples = entry.get("samples") or {}
        for wanted, numbers in ((True, samples.get("match") or []), (False, samples.get("no_match") or [])):
            wrong = _wrong(session, numbers, expressions, wanted)
            what = "outbound {0} {1} {2}".format(
                entry["template"], "takes" if wanted else "refuses", ", ".join(numbers) or "nothing"
            )
            if numbers:
                checks.append(Check(what, not wrong, "wrong for " + ", ".join(wrong) if wrong else "as wanted"))
    return checks


def _wrong(session, numbers, expressions, wanted):
    answers = iter(session.switch.ask([regex_command(number, expression) for number in numbers for expression in expressions]))
    wrong = []
    for number in numbers:
        matched = [next(answers).strip() == "true" for unused in expressions]
        if any(matched) != wanted:
            wrong.append(number)
    return wrong
