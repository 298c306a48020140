# SPDX-License-Identifier: GPL-3.0-or-later
"""The command voipbox. Each group of sub-commands is registered by one function, listed in COMMANDS."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from voipbox.command_line import catalog, numbers, orders, people, regulatory, runs, set_up

if TYPE_CHECKING:
    SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]

_CLOSED = 141  # as a shell tells of a closed pipe
_MISSING_LAB = "The lab's packages are not installed. Install them with: pip install 'voipbox[lab]'"


def add_lab(commands: SubParsers) -> None:
    """Register `voipbox lab`; where its packages are missing, the command says so instead."""
    text = "a PBX server to try and test against, with no account anywhere"
    parser = commands.add_parser("lab", help=text, description=text)
    try:
        from voipbox_lab import cli as lab  # noqa: PLC0415 - an optional part
    except ImportError:
        parser.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
        parser.set_defaults(run=_without_lab)
        return
    lab.add_arguments(parser)
    parser.set_defaults(run=lab.run)


def _without_lab(_: argparse.Namespace) -> int:
    print(f"voipbox lab: {_MISSING_LAB}", file=sys.stderr)
    return 1


COMMANDS: tuple[Callable[[SubParsers], None], ...] = (
    set_up.register,
    orders.register,
    regulatory.register,
    catalog.register,
    numbers.register,
    runs.register,
    people.register,
    add_lab,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line (default: the process's own); returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="voipbox", description="Turns an order for a hosted phone system into a working FusionPBX tenant."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in COMMANDS:
        add(commands)
    arguments = parser.parse_args(argv)
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read along has seen enough, such as head; Python must not write the rest at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _CLOSED
    return code


if __name__ == "__main__":
    sys.exit(main())
