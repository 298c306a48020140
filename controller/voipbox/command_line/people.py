# SPDX-License-Identifier: GPL-3.0-or-later
"""voipbox user ..., person ..., token ..., webhook ..."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .base import SubParsers, add, group, table


def register(commands: SubParsers) -> None:
    """Add the commands."""
    users = group(commands, "user", "people who may sign in")
    create = add(users, "add", "add a person; a password is read from standard input when --password-stdin", _user)
    create.add_argument("email")
    create.add_argument("--role", choices=("administrator", "operator", "auditor", "client"), default="client")
    create.add_argument("--password-stdin", action="store_true")
    add(users, "list", "list people", _users)
    persons = group(commands, "person", "what is known of somebody: client, contact or admin of an order, staff")
    give = add(persons, "export", "write everything that is known of a person, documents too, into an empty folder", _export)
    give.add_argument("email")
    give.add_argument("--to", type=Path, required=True, metavar="FOLDER")
    erase = add(persons, "erase", "erase a person; what has to be kept is told with its reason", _erase)
    erase.add_argument("email")
    erase.add_argument("--confirm", required=True, metavar="EMAIL", help="the same address once more: nothing brings it back")
    tokens = group(commands, "token", "bearer tokens of the API")
    token = add(tokens, "add", "make a token; it is shown this once", _token)
    token.add_argument("name")
    token.add_argument("--scope", action="append", required=True, help="may be repeated; voipbox token scopes lists them")
    token.add_argument("--user", help="e-mail address of the person it acts as; without one it is a program's")
    token.add_argument("--days", type=int, help="days that it lives")
    add(tokens, "list", "list tokens", _tokens)
    revoke = add(tokens, "revoke", "let a token stop working", _revoke)
    revoke.add_argument("number", type=int)
    add(tokens, "scopes", "list scopes", _scopes)
    hooks = group(commands, "webhook", "who is told about orders")
    hook = add(hooks, "add", "add an endpoint; the secret that signs is shown this once", _webhook)
    hook.add_argument("url")
    hook.add_argument("--event", action="append", default=[], help="such as order.complete; all when left out")
    add(hooks, "list", "list endpoints", _webhooks)
    remove = add(hooks, "remove", "remove an endpoint", _remove)
    remove.add_argument("number", type=int)


def _user(arguments: argparse.Namespace) -> int:
    from voipbox.api import accounts
    from voipbox.core.people import operator_of_this_machine

    password = sys.stdin.readline().rstrip("\n") if arguments.password_stdin else None
    user = accounts.add_user(arguments.email, arguments.role, password, operator_of_this_machine())
    print(f"{user.email} is a {user.role}.")
    return 0


def _users(_: argparse.Namespace) -> int:
    from voipbox.core.models import User

    table(
        [(u.pk, u.email, u.role, "active" if u.is_active else "off") for u in User.objects.order_by("id")],
        ("user", "email", "role", ""),
    )
    return 0


def _export(arguments: argparse.Namespace) -> int:
    from voipbox.core.people import operator_of_this_machine
    from voipbox.retention import giving_out

    for path in giving_out.export(arguments.email, arguments.to, operator_of_this_machine()):
        print(path)
    return 0


def _erase(arguments: argparse.Namespace) -> int:
    from voipbox.core.errors import Fault, Refused
    from voipbox.core.people import operator_of_this_machine
    from voipbox.retention import person

    if arguments.confirm.strip().lower() != arguments.email.strip().lower():
        raise Refused([Fault("--confirm", f"is not {arguments.email}")])
    report = person.erase(arguments.email, operator_of_this_machine())
    table([("erased", what, count) for what, count in report.erased.items()], ("", "what", "how many"))
    table([("kept", what, why) for what, why in report.kept.items()], ("", "what", "why"))
    return 0


def _token(arguments: argparse.Namespace) -> int:
    from voipbox.api import accounts
    from voipbox.core.people import operator_of_this_machine

    token, value = accounts.add_token(arguments.name, arguments.scope, arguments.user, arguments.days, operator_of_this_machine())
    print(f"token {token.pk} ({', '.join(token.scopes)}):", file=sys.stderr)
    print(value)
    return 0


def _tokens(_: argparse.Namespace) -> int:
    from voipbox.core import clock
    from voipbox.core.models import ApiToken

    now = clock.now()
    rows = [
        (
            t.pk,
            t.name,
            f"{t.hint}...",
            " ".join(t.scopes),
            t.user.email if t.user else "",
            "good" if t.is_good(now) else "dead",
            t.last_used_at or "never",
        )
        for t in ApiToken.objects.select_related("user").order_by("id")
    ]
    table(rows, ("token", "name", "begins", "scopes", "person", "", "used"))
    return 0


def _revoke(arguments: argparse.Namespace) -> int:
    from voipbox.api import accounts
    from voipbox.core.people import operator_of_this_machine

    accounts.revoke_token(arguments.number, operator_of_this_machine())
    print("It works no more.")
    return 0


def _scopes(_: argparse.Namespace) -> int:
    from voipbox.api.scopes import SCOPES

    table(SCOPES.items(), ("scope", "allows"))
    return 0


def _webhook(arguments: argparse.Namespace) -> int:
    from voipbox.core.people import operator_of_this_machine
    from voipbox.orders import webhooks

    endpoint, secret = webhooks.create(arguments.url, arguments.event, operator_of_this_machine())
    print(f"webhook {endpoint.pk}, signed with:", file=sys.stderr)
    print(secret)
    return 0


def _webhooks(_: argparse.Namespace) -> int:
    from voipbox.orders.models import WebhookEndpoint

    table(
        [(e.pk, e.url, " ".join(e.events) or "all") for e in WebhookEndpoint.objects.order_by("id")], ("webhook", "url", "events")
    )
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    from voipbox.core.errors import NotThere
    from voipbox.core.people import operator_of_this_machine
    from voipbox.orders import webhooks
    from voipbox.orders.models import WebhookEndpoint

    endpoint = WebhookEndpoint.objects.filter(pk=arguments.number).first()
    if endpoint is None:
        raise NotThere(f"There is no webhook {arguments.number}.")
    webhooks.remove(endpoint, operator_of_this_machine())
    return 0
