# SPDX-License-Identifier: GPL-3.0-or-later
"""voipbox init, web, daemon, keys, doctor, settings."""

from __future__ import annotations

import argparse
import os
import sys

from .base import SubParsers, add, group, in_lines, table, with_database


def register(commands: SubParsers) -> None:
    """Add the commands."""
    init = commands.add_parser(
        "init", help="make or update keys and tables", description="Make or update keys and tables. Data stay."
    )
    init.set_defaults(run=in_lines(_init))
    web = add(commands, "web", "serve pages and API", _web)
    web.add_argument("--bind", metavar="HOST:PORT", help="instead of VOIPBOX_BIND")
    add(commands, "daemon", "work on orders; any number may run", _daemon, ready=False)
    keys = group(commands, "keys", "the keys of the sealed fields")
    add(keys, "rotate", "add a new key and seal everything with it; the old ones stay until keys drop", _rotate)
    add(keys, "reseal", "seal everything with the newest key, after a rotation that was interrupted", _reseal)
    add(keys, "drop", "drop the old keys, once nothing is sealed with them any more", _drop)
    add(commands, "doctor", "say what is wrong, and how to mend it", _doctor, ready=False)
    settings = commands.add_parser("settings", help="list all settings", description="List all settings as a Markdown table.")
    settings.set_defaults(run=_settings)


def _init(arguments: argparse.Namespace) -> int:
    def work(_: argparse.Namespace) -> int:
        from voipbox.core import database, proof

        database.check_server()
        database.migrate()
        proof.ensure()
        print("Tables are up to date. Go on with: voipbox catalog import FILE, voipbox web, voipbox daemon")
        return 0

    from voipbox.core import keys
    from voipbox.core.config import config
    from voipbox.core.errors import SetUpError
    from voipbox.core.start import settings_fit

    settings_fit()
    folder = config().state_dir
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path in keys.create_files():
            print(f"made {path}; keep a copy of it apart from the database")
    except OSError as error:
        raise SetUpError(f"{folder} cannot be written ({error.strerror}). Name another folder in VOIPBOX_STATE_DIR.") from None
    return with_database(work, ready=False)(arguments)


def _web(arguments: argparse.Namespace) -> int:
    from voipbox.core import proof
    from voipbox.core.config import config
    from voipbox.core.database import keep_embedded
    from voipbox.pages.server import serve

    proof.check()
    keep_embedded()
    bind = arguments.bind or config().bind
    print(f"voipbox serves http://{bind}", flush=True)
    return serve(bind)


def _daemon(_: argparse.Namespace) -> int:
    import asyncio

    from voipbox.core import proof
    from voipbox.core.daemon_process import Daemon
    from voipbox.core.database import keep_embedded, wait_until_ready
    from voipbox.provisioning.private_folder import sweep

    keep_embedded()
    wait_until_ready(proof.check)
    sweep()
    print(f"voipbox daemon {os.getpid()} works", flush=True)
    asyncio.run(Daemon().run())
    return 0


def _rotate(arguments: argparse.Namespace) -> int:
    from voipbox.core import rotation

    rotation.add_key()
    return _reseal(arguments)


def _reseal(arguments: argparse.Namespace) -> int:
    del arguments
    from voipbox.core import rotation

    count = rotation.reseal()
    print(f"{count} values are sealed with the newest key. The old keys stay, and open what is still under way.")
    print("Copy the key file to your other machines and into your backup. Then drop the old ones: voipbox keys drop")
    return 0


def _drop(arguments: argparse.Namespace) -> int:
    del arguments
    from voipbox.core import rotation

    gone = rotation.drop_old_keys()
    print("There is one key; nothing was dropped." if not gone else f"Old keys dropped: {gone}. Backups made before need them.")
    return 0


def _doctor(_: argparse.Namespace) -> int:
    from voipbox.api.health import checks

    findings = checks()
    table([("ok" if one.good else "NOT OK", one.name, one.says) for one in findings], ("", "what", "says"))
    for one in findings:
        if not one.good:
            print(f"\n{one.name}: {one.fix}", file=sys.stderr)
    return 0 if all(one.good for one in findings) else 1


def _settings(_: argparse.Namespace) -> int:
    from voipbox.core.settings_table import markdown

    print(markdown())
    return 0
