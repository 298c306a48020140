# SPDX-License-Identifier: GPL-3.0-or-later
"""One playbook through ansible-runner, in this process's main thread."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_runner.interface import init_runner

from voipbox.core import collection

Event = dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """How a playbook ended: successful, failed, timeout, canceled or error, and ansible-playbook's exit code, None where a
    signal killed it."""

    status: str
    code: int | None


def run(
    name: str,
    folder: Path,
    inventory: Path,
    variables: dict[str, str],
    on_event: Callable[[Event], None],
    should_stop: Callable[[], bool],
    time_limit: int,
    check: bool = False,
) -> Outcome:
    """Run a playbook of the collection.

    Parameters: name, such as provision; folder, private and in memory: everything that is written goes there;
    variables, extra variables: paths and switches only, since they end in files of the run; on_event, called for every
    event in order; should_stop, asked about once a second; time_limit, in seconds; check,
    True to change nothing and tell what would be.
    """
    root = collection.root()
    temporary = folder / "tmp"
    temporary.mkdir(mode=0o700, exist_ok=True)

    def handle(event: Event) -> bool:
        on_event(event)
        return False  # so that nothing of it is written to a file

    runner = init_runner(
        private_data_dir=str(folder), project_dir=str(root), playbook=str(root / "playbooks" / f"{name}.yml"),
        inventory=str(inventory), extravars=variables, ident="run", quiet=True, event_handler=handle,
        # Without one, ansible-runner replaces the handlers of SIGTERM and SIGINT for good.
        cancel_callback=should_stop,
        settings={"suppress_output_file": True, "job_timeout": time_limit, "idle_timeout": 0, "pexpect_timeout": 1},
        envvars=_environment(root, temporary), **({"cmdline": "--check"} if check else {}),
    )  # fmt: skip
    setpriv = shutil.which("setpriv")
    if setpriv:
        # ansible-playbook ends with this process, also when this is killed.
        runner.config.command = [setpriv, "--pdeathsig", "KILL", *runner.config.command]
    status, code = runner.run()
    return Outcome(status, code)


def _environment(root: Path, temporary: Path) -> dict[str, str]:
    return {
        "ANSIBLE_CONFIG": str(root / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(root / "collections"),
        "ANSIBLE_LOCAL_TEMP": str(temporary),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_FORCE_COLOR": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def clean_environment() -> None:
    """Leave of this process's environment what a playbook needs: ansible-runner hands it on and notes it in a file."""
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "LC_ALL", "SSH_AUTH_SOCK", "TZ", "USER") if name in os.environ}
    own = str(Path(sys.executable).parent)
    os.environ.clear()
    os.environ.update(
        kept, PATH=os.pathsep.join([own, "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"])
    )
