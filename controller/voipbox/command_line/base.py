# SPDX-License-Identifier: GPL-3.0-or-later
"""What the sub-commands share: errors as one line, Django brought up, tables printed."""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from voipbox.core.errors import Refused, VoipboxError
from voipbox.providers.errors import ProviderError

if TYPE_CHECKING:
    SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]
else:
    SubParsers = object

Command = Callable[[argparse.Namespace], int]


def with_database(command: Command, ready: bool = True) -> Command:
    """A command that needs the database, with its tables up to date where ready."""

    @functools.wraps(command)
    def run(arguments: argparse.Namespace) -> int:
        from voipbox.core.start import django_ready

        django_ready()
        if ready:
            from voipbox.core.database import check_ready

            check_ready()
        return command(arguments)

    return in_lines(run)


def in_lines(command: Command) -> Command:
    """A command whose refusals and faults, as far as people should read them, are lines on standard error and code 1."""

    @functools.wraps(command)
    def run(arguments: argparse.Namespace) -> int:
        from django.db import DatabaseError

        try:
            return command(arguments)
        except Refused as error:
            for fault in error.faults:
                print(f"voipbox: {fault}", file=sys.stderr)
            print("Nothing was changed.", file=sys.stderr)
        except ProviderError as error:
            print(f"voipbox: {error.sentence}", file=sys.stderr)
        except VoipboxError as error:
            print(f"voipbox: {error}", file=sys.stderr)
        except DatabaseError as error:
            print(f"voipbox: the database said: {' '.join(str(error).split())[:300]}", file=sys.stderr)
        return 1

    return run


def add(commands: SubParsers, name: str, text: str, run: Command, ready: bool = True) -> argparse.ArgumentParser:
    """Register a sub-command that needs the database; returns its parser."""
    parser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(run=with_database(run, ready))
    return parser


def group(commands: SubParsers, name: str, text: str) -> SubParsers:
    """Register a command with sub-commands of its own."""
    parser = commands.add_parser(name, help=text, description=text)
    return parser.add_subparsers(dest=f"{name}_command", required=True, metavar="COMMAND")


def table(rows: Iterable[Sequence[object]], head: Sequence[str]) -> None:
    """Print rows in columns under a head."""
    cells = [[visible(str(cell)) for cell in row] for row in rows]
    widths = [max(len(line[column]) for line in [list(head), *cells]) for column in range(len(head))]
    for line in [list(head), *cells]:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def visible(text: str) -> str:
    """Text for a terminal: what people typed cannot move the cursor or colour it."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def read_text(path: str) -> str:
    """The content of a file, or of standard input for "-". Raises Refused."""
    from voipbox.core.errors import Fault

    try:
        return sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused([Fault(path, f"cannot be read ({getattr(error, 'strerror', None) or 'it is no UTF-8'})")]) from None
