# SPDX-License-Identifier: GPL-3.0-or-later
"""voipbox lab: the lab from the command line."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

import yaml
from voipbox.embedded.errors import ServerError

from .lab import Lab
from .layout import default_directory
from .provider_lab import FIRST, SECOND, ProviderLab
from .tables import SHAPES

NOT_RUNNING = 3  # exit code of status, as service managers have it


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser the lab's sub-commands."""
    commands = parser.add_subparsers(dest="lab_command", required=True, metavar="up|down|status|catalog|credentials|reset")
    for name, text, run in (
        ("up", "start the lab, or what of it does not run", _up),
        ("down", "stop the lab; its data stay", _down),
        ("status", "say what runs (exit code 3: not all of it)", _status),
        ("catalog", "print the lab as part of the controller's catalog, for: voipbox catalog import -", _catalog),
        ("credentials", "print what an account at a sandbox signs in with, for: voipbox account credentials", _credentials),
        ("reset", "put everything back to its first state and leave it running", _reset),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument(
            "--dir",
            type=Path,
            default=None,
            metavar="DIR",
            help="the lab's folder (default: VOIPBOX_LAB_DIR, else .lab in the repository)",
        )
        if name == "catalog":
            command.add_argument("--name", default="lab-pbx", help="slug of the server (default: lab-pbx)")
            command.add_argument("--base-domain", default="pbx.example.com", help="tenants get names below it")
            command.add_argument("--providers", action="store_true", help="with the two sandboxes as provider accounts")
        if name == "credentials":
            command.add_argument("account", choices=(FIRST, SECOND))
        if name in ("up", "reset"):
            command.add_argument("--shape", choices=SHAPES, help="FusionPBX's tables: 5.5 (default) or 5.4")
            command.add_argument(
                "--time-factor", type=_factor, metavar="F", help="0.1 makes all the switch's delays a tenth as long"
            )
            command.add_argument(
                "--no-fsync", action="store_true", help="PostgreSQL need not survive a power cut: faster on slow disks"
            )
        command.set_defaults(run_lab=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the chosen sub-command; returns the exit code. ServerError becomes a line on standard error and code 1."""
    try:
        lab = Lab(
            arguments.dir or default_directory(),
            getattr(arguments, "shape", None),
            getattr(arguments, "time_factor", None),
            durable=False if getattr(arguments, "no_fsync", False) else None,
        )
        providers = ProviderLab(lab.directory)
        code: int = arguments.run_lab(lab, providers, arguments)
    except ServerError as error:
        print(f"voipbox lab: {error}", file=sys.stderr)
        return 1
    return code


def _factor(text: str) -> float:
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError("must be more than 0")
    return value


def _up(lab: Lab, providers: ProviderLab, _: argparse.Namespace) -> int:
    begun = time.monotonic()
    if any([lab.up(), providers.up()]):
        print(f"The lab is up after {time.monotonic() - begun:.1f} s.")
    else:
        print("The lab was up already.")
    _describe(lab, providers)
    return 0


def _down(lab: Lab, providers: ProviderLab, _: argparse.Namespace) -> int:
    stopped = any([providers.down(), lab.down()])
    print("The lab is down; its data stay in " + str(lab.directory) if stopped else "The lab was not running.")
    return 0


def _reset(lab: Lab, providers: ProviderLab, _: argparse.Namespace) -> int:
    begun = time.monotonic()
    providers.down()
    lab.reset()
    providers.up()
    print(f"The lab is as on its first day after {time.monotonic() - begun:.1f} s.")
    _describe(lab, providers)
    return 0


def _catalog(lab: Lab, providers: ProviderLab, arguments: argparse.Namespace) -> int:
    server = {
        "slug": arguments.name,
        "name": f"Lab PBX ({arguments.name})",
        "base_domain": arguments.base_domain,
        "default": arguments.name == "lab-pbx",
        "host_variables": {
            "ansible_connection": "local",
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "fusionpbx_config": str(lab.config_path),
            "voipbox_sip_host": "pbx.example.com",
            "voipbox_sip_addresses": ["203.0.113.10/32"],
        },
    }
    content = {"servers": [server]}
    if arguments.providers:
        content |= providers.catalog()
    print(yaml.safe_dump(content, sort_keys=False), end="")
    return 0


def _credentials(_: Lab, providers: ProviderLab, arguments: argparse.Namespace) -> int:
    print(yaml.safe_dump(providers.credentials(arguments.account), sort_keys=False), end="")
    return 0


def _status(lab: Lab, providers: ProviderLab, _: argparse.Namespace) -> int:
    status = lab.status()
    if status.shape is None:
        print(f"There is no lab in {lab.directory}. Start it with: voipbox lab up")
        return NOT_RUNNING
    print(f"PostgreSQL {_runs(status.postgres)}, switch {_runs(status.switch)}.")
    _describe(lab, providers)
    return 0 if status.up and all(providers.running().values()) else NOT_RUNNING


def _runs(yes: bool) -> str:
    return "runs" if yes else "does not run"


def _describe(lab: Lab, providers: ProviderLab) -> None:
    host, port, _ = lab.event_socket
    database = lab.dsn.rsplit("@", 1)[1]
    print(f"  tables        FusionPBX {lab.shape}")
    print(f"  folder        {lab.directory}")
    print(f"  database      {database} (password in config.conf)")
    print(f"  event socket  {host}:{port}")
    print(f"  inventory     {os.path.relpath(lab.inventory_path)}")
    for name, runs in providers.running().items():
        print(f"  {name:<13} {providers.url(name) if runs else _runs(runs)}")
