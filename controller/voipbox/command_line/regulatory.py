# SPDX-License-Identifier: GPL-3.0-or-later
"""voipbox regulatory ...: from identity and address to the registered number."""

from __future__ import annotations

import argparse
import datetime
import sys
from pathlib import Path

from .base import Command, SubParsers, add, group, read_text, visible


def register(commands: SubParsers) -> None:
    """Add the commands."""
    steps = group(commands, "regulatory", "register regulated numbers: identity, address, documents, order")
    _of_order(steps, "show", "how an order's registration stands, and what to do next", _show)
    identity = _of_order(steps, "identity", "store identity, address and service from a YAML file", _store)
    identity.add_argument("file", help="keys identity, address, service; - for standard input")
    _of_order(steps, "data", "print what was given about the number's user; the audit notes it", _data)
    _of_order(steps, "review", "note that you looked at data and documents, and that they are complete", _review)
    _of_order(steps, "submit", "hand identity and address in at the provider", _submit)
    papers = group(steps, "document", "documents of an order")
    bring = _of_order(papers, "add", "bring a document: PDF, PNG or JPEG, at most 10 MB", _document_add)
    bring.add_argument("file", type=Path)
    bring.add_argument("--entity", choices=("identity", "address", "permanent", "onetime"), required=True)
    bring.add_argument("--proof-type", default="", metavar="NAME", help="kind of proof, such as Passport")
    bring.add_argument("--issued-on", type=datetime.date.fromisoformat, metavar="DATE", help="the date that stands on a bill")
    bring.add_argument("--instead-of", type=int, metavar="DOCUMENT", help="the document that it replaces")
    date = _of_document(papers, "date", "enter the date that stands on a bill", _document_date)
    date.add_argument("issued_on", type=datetime.date.fromisoformat, metavar="DATE")
    save = _of_document(papers, "save", "write a document into a file, 0600; the audit notes it", _document_save)
    save.add_argument("file", type=Path)
    _of_document(papers, "remove", "take a document away that was not sent", _document_remove)
    _of_order(papers, "send", "send the documents, encrypted to the provider's keys", _documents_send)
    portal = _of_order(papers, "in-portal", "note that the documents were brought in the provider's own portal", _in_portal)
    portal.add_argument("--reason", default="")
    number = _of_order(steps, "number", "is the number still there, what else is, what does it cost", _number)
    number.add_argument("--capacity", default="", help="another way to pay: its id")
    number.add_argument("--alternatives", action="store_true", help="list like numbers of the same place")
    choose = _of_order(steps, "choose", "take another number of the same place, or another way to pay", _choose)
    choose.add_argument("--number", default="")
    choose.add_argument("--capacity", default="", help="id of the way to pay")
    choose.add_argument("--reason", default="")
    place = _of_order(steps, "place", "order the number, after everything was checked once more", _place)
    place.add_argument("--reason", default="")
    _of_order(steps, "again", "register again after what was refused is corrected", _again)
    _of_order(steps, "look", "read number and registration at the provider now", _look)
    add(steps, "purge", "take away personal data whose time is over", _purge)


def _of_order(commands: SubParsers, name: str, text: str, run: Command) -> argparse.ArgumentParser:
    parser = add(commands, name, text, run)
    parser.add_argument("order", type=int)
    return parser


def _of_document(commands: SubParsers, name: str, text: str, run: Command) -> argparse.ArgumentParser:
    parser = add(commands, name, text, run)
    parser.add_argument("document", type=int)
    return parser


def _print(order_id: int) -> int:
    from voipbox.core.people import operator_of_this_machine
    from voipbox.regulatory import overview

    for line in overview.lines(overview.of(order_id, operator_of_this_machine())):
        print(visible(line))
    return 0


def _show(arguments: argparse.Namespace) -> int:
    return _print(arguments.order)


def _store(arguments: argparse.Namespace) -> int:
    from voipbox.core.people import operator_of_this_machine
    from voipbox.orders import batch, intake
    from voipbox.regulatory import client_data, registrations

    given = intake.parse(client_data.ClientData, batch.one(read_text(arguments.file)))
    registrations.store(arguments.order, given, operator_of_this_machine())
    return _print(arguments.order)


def _data(arguments: argparse.Namespace) -> int:
    from voipbox.core.people import operator_of_this_machine
    from voipbox.regulatory import registrations

    given = registrations.show_data(arguments.order, operator_of_this_machine())
    for part, values in (("identity", given.identity), ("address", given.address)):
        for name, value in values.items():
            print(visible(f"{part}.{name}: {value}"))
    if given.service:
        print(visible(f"service: {given.service}"))
    return 0


def _review(arguments: argparse.Namespace) -> int:
    from voipbox.core.people import operator_of_this_machine
    from voipbox.regulatory import registrations

    registrations.review(arguments.order, operator_of_this_machine())
    return _print(arguments.order)


def _submit(arguments: argparse.Namespace) -> int:
    from voipbox.core.people import operator_of_this_machine
    from voipbox.regulatory import handing_in

    handing_in.submit_identity(arguments.order, operator_of_this_machine())
    return _print(arguments.order)


def _document_add(arguments: argparse.Namespace) -> int:
    from voipbox.core.errors import Fault, Refused
    from voipbox.core.people import operator_of_this_machine
    from voipbox.regulatory import documents, file_checks

    path: Path = arguments.file
    try:
        with path.open("rb") as stream:
            content = stream.read(file_checks.LARGEST + 1)
    except OSError as error:
        raise Refused([Fault("file", f"{path} cannot be read ({error.strerror})")]) from None
    document = documents.add(
        arguments.order, arguments.entity, arguments.proof_type, path.name, content, operator_of_this_machine(),
        arguments.issued_on, arguments.instead_of,
    )  # fmt: skip
    print(f"Document {document.pk} is kept, encrypted: {document.media_type}, {document.size} bytes.")
    return 0


def _document_date(arguments: argparse.Namespace) -> int:
    from voipbox.core.people import operator_of_this_machine
    from voipbox.regulatory import documents

    documents.date_bill(arguments.document, arguments.issued_on, operator_of_this_machine())
    return 0


def _document_save(arguments: argparse.Namespace) -> int:
    import os

    from voipbox.core.errors import Fault, Refused
    from voipbox.core.people import operator_of_this_machine
    from voipbox.regulatory import documents

    _, content = documents.shown(arguments.document, operator_of_this_machine())
    try:
        handle = os.open(arguments.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise Refused([Fault("file", f"{arguments.file} cannot be written ({error.strerror})")]) from None
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    return 0


def _document_remove(arguments: argparse.Namespace) -> int:
    from voipbox.core.people import operator_of_this_machine
    from voipbox.regulatory import documents

    documents.remove(arguments.document, operator_of_this_machine())
    return 0


def _documents_send(arguments: argparse.Namespace) -> int:
    from voipbox.core.people import operator_of_this_machine
    from voipbox.regulatory import sending

    sending.send_documents(arguments.order, operator_of_this_machine())
    return _print(arguments.order)


def _in_portal(arguments: argparse.Namespace) -> int:
    from voipbox.core.people import operator_of_this_machine
    from voipbox.regulatory import sending

    sending.mark_uploaded(arguments.order, operator_of_this_machine(), arguments.reason)
    return _print(arguments.order)


def _number(arguments: argparse.Namespace) -> int:
    from voipbox.core.people import operator_of_this_machine
    from voipbox.regulatory import ordering

    sys.stdout.writelines(
        f"{visible(line)}\n"
        for line in ordering.lines(
            ordering.look(arguments.order, operator_of_this_machine(), arguments.capacity, arguments.alternatives)
        )
    )
    return 0


def _choose(arguments: argparse.Namespace) -> int:
    from voipbox.core.people import operator_of_this_machine
    from voipbox.regulatory import ordering

    chosen = ordering.choose(arguments.order, operator_of_this_machine(), arguments.number, arguments.capacity, arguments.reason)
    sys.stdout.writelines(f"{visible(line)}\n" for line in ordering.lines(chosen))
    return 0


def _place(arguments: argparse.Namespace) -> int:
    from voipbox.core.people import operator_of_this_machine
    from voipbox.regulatory import ordering

    ordering.place(arguments.order, operator_of_this_machine(), arguments.reason)
    return _print(arguments.order)


def _again(arguments: argparse.Namespace) -> int:
    from voipbox.core.people import operator_of_this_machine
    from voipbox.regulatory import verification

    verification.submit_again(arguments.order, operator_of_this_machine())
    return _print(arguments.order)


def _look(arguments: argparse.Namespace) -> int:
    from voipbox.core.people import operator_of_this_machine
    from voipbox.regulatory import verification

    verification.look_now(arguments.order, operator_of_this_machine())
    return _print(arguments.order)


def _purge(_: argparse.Namespace) -> int:
    from voipbox.regulatory import purge

    print(f"The personal data of {purge.run()} registrations was taken away.")
    return 0
