# SPDX-License-Identifier: GPL-3.0-or-later
"""voipbox order ..., mail ..., inventory export."""

from __future__ import annotations

import argparse
import datetime
import sys
from pathlib import Path

from .base import SubParsers, add, group, read_text, table, visible


def register(commands: SubParsers) -> None:
    """Add the commands."""
    orders = group(commands, "order", "place, follow and move orders")
    place = add(orders, "place", "put an order from a YAML file into the queue", _place)
    place.add_argument("file", help="the order, - for standard input")
    place.add_argument("--dry-run", action="store_true", help="check it and change nothing")
    batch = add(orders, "batch", "place many orders from a CSV or YAML file, a line told for each", _batch)
    batch.add_argument("file")
    batch.add_argument("--dry-run", action="store_true", help="check all and change nothing")
    listing = add(orders, "list", "list orders, the newest first", _list)
    _add_filters(listing)
    show = add(orders, "show", "tell the whole story of an order", _show)
    show.add_argument("order", type=int)
    act = add(orders, "act", "make a move: approve, retry, cancel ... (docs/reference/moves.md)", _act)
    act.add_argument("order", type=int)
    act.add_argument("action")
    act.add_argument("--reason", default="")
    many = add(
        orders, "act-many", "make a move with many orders: approve, retry, reject or cancel; a line told for each", _act_many
    )
    many.add_argument("action")
    many.add_argument("order", type=int, nargs="+")
    many.add_argument("--reason", default="")
    assign = add(orders, "assign", "say who of the staff sees to an order", _assign)
    assign.add_argument("order", type=int)
    assign.add_argument("email", nargs="?", default="", help="without one nobody does")
    amend = add(orders, "amend", "correct an order before it is placed", _amend)
    amend.add_argument("order", type=int)
    amend.add_argument("file", help="YAML with the keys to change, - for standard input")
    amend.add_argument("--reason", required=True)
    note = add(orders, "note", "write a note on an order", _note)
    note.add_argument("order", type=int)
    note.add_argument("text")
    export = add(orders, "export", "write inventory and tenant file for a run by hand", _export)
    export.add_argument("order", type=int)
    export.add_argument("--dir", type=Path, help="write files there instead of printing the tenant file")
    export.add_argument("--secrets", action="store_true", help="with passwords instead of placeholders")
    link = add(orders, "link", "make a fresh one-time link to the credentials", _link)
    link.add_argument("order", type=int)
    link.add_argument("--revoke", action="store_true", help="let all links stop working instead")
    _register_mails(commands)


def _add_filters(listing: argparse.ArgumentParser) -> None:
    listing.add_argument("--status", default="")
    listing.add_argument("--server", default="")
    listing.add_argument("--search", default="", metavar="TEXT")
    listing.add_argument("--provider", default="", metavar="SLUG")
    listing.add_argument("--client", default="", metavar="EMAIL", help="of an account or a contact")
    listing.add_argument("--since", type=datetime.date.fromisoformat, metavar="DATE", help="placed on this day or later, UTC")
    listing.add_argument("--until", type=datetime.date.fromisoformat, metavar="DATE", help="placed on this day or before, UTC")
    listing.add_argument("--assigned-to", default="", metavar="EMAIL", help="of a member of staff, or nobody")
    listing.add_argument("--sort", default="newest", choices=("newest", "oldest", "waiting", "company", "domain"))
    listing.add_argument("--csv", action="store_true", help="a sheet with more columns")
    listing.add_argument("--limit", type=int, default=50)


def _register_mails(commands: SubParsers) -> None:
    mails = group(commands, "mail", "look at mails and send them again")
    preview = add(mails, "show", "what a mail says", _mail)
    preview.add_argument("mail", type=int)
    resend = add(mails, "resend", "send a mail again", _resend)
    resend.add_argument("mail", type=int)
    tree = group(commands, "inventory", "servers and tenants as files")
    tree_export = add(tree, "export", "write all servers and tenants as a tree to keep in git", _tree)
    tree_export.add_argument("dir", type=Path)
    tree_export.add_argument("--secrets", action="store_true", help="with passwords instead of placeholders")


def _place(arguments: argparse.Namespace) -> int:
    from voipbox.core.people import operator_of_this_machine
    from voipbox.numbers import ordering
    from voipbox.orders import batch, checks, intake

    given = intake.parse(intake.OrderInput, batch.one(read_text(arguments.file)))
    if arguments.dry_run:
        checked = checks.check(given, operator_of_this_machine())
        print(f"The order would be placed as {checked.domain} on {checked.server.slug}, {checked.seats} extensions.")
        print("\n".join(visible(f"  {line}") for line in checked.price()))
        return 0
    order = ordering.place(given, operator_of_this_machine(), "file")
    print(f"Order {order.pk} is {order.status}: {order.domain} on {order.server.slug}. Follow it: voipbox order show {order.pk}")
    return 0


def _batch(arguments: argparse.Namespace) -> int:
    from voipbox.core.people import operator_of_this_machine
    from voipbox.numbers import ordering
    from voipbox.orders import batch

    lines = batch.place_all(read_text(arguments.file), operator_of_this_machine(), arguments.dry_run, ordering.place)
    table([(line.row, "ok" if line.good else "REFUSED", line.says) for line in lines], ("row", "", "says"))
    bad = sum(not line.good for line in lines)
    print(f"{len(lines) - bad} of {len(lines)} {'would be placed' if arguments.dry_run else 'placed'}.")
    return 1 if bad else 0


def _list(arguments: argparse.Namespace) -> int:
    from voipbox.core.people import SYSTEM
    from voipbox.orders import queries, sheet

    orders = queries.search(
        SYSTEM, arguments.status, arguments.server, arguments.search, provider=arguments.provider, client=arguments.client,
        since=arguments.since, until=arguments.until, assigned_to=arguments.assigned_to, sort=arguments.sort,
    )[: arguments.limit]  # fmt: skip
    if arguments.csv:
        sys.stdout.write(sheet.of(orders.prefetch_related("items__product", "items__bundle")))
        return 0
    table(
        [
            (o.pk, o.badge.text, o.company, o.domain, o.number, o.server.slug, o.provider.slug if o.provider else "")
            for o in orders
        ],
        ("order", "status", "client", "domain", "number", "server", "provider"),
    )
    return 0


def _show(arguments: argparse.Namespace) -> int:
    from voipbox.core.people import SYSTEM
    from voipbox.orders import queries
    from voipbox.provisioning.story import story

    for line in story(queries.get(arguments.order, SYSTEM)):
        print(visible(line))
    return 0


def _act(arguments: argparse.Namespace) -> int:
    from voipbox.core.people import operator_of_this_machine
    from voipbox.orders import actions, queries

    actor = operator_of_this_machine()
    queries.get(arguments.order, actor)
    order = actions.perform(arguments.order, arguments.action, actor, arguments.reason)
    print(f"Order {order.pk} is {order.status}.")
    return 0


def _act_many(arguments: argparse.Namespace) -> int:
    from voipbox.core.people import operator_of_this_machine
    from voipbox.orders import together

    lines = together.perform(arguments.order, arguments.action, operator_of_this_machine(), arguments.reason)
    table([(line.order, "ok" if line.good else "REFUSED", line.says) for line in lines], ("order", "", "says"))
    return 0 if all(line.good for line in lines) else 1


def _assign(arguments: argparse.Namespace) -> int:
    from voipbox.core.people import operator_of_this_machine
    from voipbox.orders import actions

    order = actions.assign(arguments.order, arguments.email, operator_of_this_machine())
    print(f"Order {order.pk} is {'seen to by ' + order.assigned_to.email if order.assigned_to else 'seen to by nobody'}.")
    return 0


def _amend(arguments: argparse.Namespace) -> int:
    from voipbox.core import countries
    from voipbox.core.people import operator_of_this_machine
    from voipbox.numbers import ordering
    from voipbox.orders import batch, intake, queries

    actor = operator_of_this_machine()
    country = countries.of_number(queries.get(arguments.order, actor).number)
    change = intake.parse(intake.Amendment, batch.one(read_text(arguments.file)), country)
    order = ordering.amend(arguments.order, change, actor, arguments.reason)
    print(f"Order {order.pk} was changed: {order.domain}, {order.seats} extensions.")
    return 0


def _note(arguments: argparse.Namespace) -> int:
    from voipbox.core.people import operator_of_this_machine
    from voipbox.orders import actions, queries

    actor = operator_of_this_machine()
    actions.add_note(queries.get(arguments.order, actor), arguments.text, actor)
    return 0


def _export(arguments: argparse.Namespace) -> int:
    from voipbox.core.people import operator_of_this_machine
    from voipbox.orders import queries
    from voipbox.provisioning import export

    actor = operator_of_this_machine()
    order = queries.get(arguments.order, actor)
    if arguments.dir:
        print("\n".join(export.write_order(order, arguments.dir, actor, arguments.secrets)))
        return 0
    sys.stdout.write(export.text(order, actor, arguments.secrets))
    print(f"# {export.command(order.server, 'hosts.yml', f'{order.domain}.yml')}")
    return 0


def _link(arguments: argparse.Namespace) -> int:
    from voipbox.core.people import operator_of_this_machine
    from voipbox.orders import actions, queries

    actor = operator_of_this_machine()
    order = queries.get(arguments.order, actor)
    if arguments.revoke:
        print(f"{actions.revoke_links(order, actor)} links stopped working.")
    else:
        print(actions.new_link(order, actor))
    return 0


def _mail(arguments: argparse.Namespace) -> int:
    from voipbox.orders.compose import shown

    mail, words = shown(arguments.mail)
    print(f"{mail.state}, to {', '.join(mail.recipients)}{f', {mail.error}' if mail.error else ''}")
    print(visible(words.subject), "", *(visible(line) for line in words.text.splitlines()), sep="\n")
    return 0


def _resend(arguments: argparse.Namespace) -> int:
    from voipbox.core.people import operator_of_this_machine
    from voipbox.orders import mailing
    from voipbox.orders.compose import shown

    fresh = mailing.resend(shown(arguments.mail)[0], operator_of_this_machine())
    print(f"Mail {fresh.pk} is queued.")
    return 0


def _tree(arguments: argparse.Namespace) -> int:
    from voipbox.core.people import operator_of_this_machine
    from voipbox.provisioning import export

    print("\n".join(export.write_tree(arguments.dir, operator_of_this_machine(), arguments.secrets)))
    return 0
