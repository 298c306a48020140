"""Tenant files of benchmark orders, and playbook runs over them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


def tenant(number: int, extensions: int = 10) -> dict[str, object]:
    """An order of one user, some extensions, a gateway, a DID and three outbound routes; number makes it unique.

    The gateway does not register, so that no time is spent on waiting for a provider.
    """
    return {
        "domain": f"bench{number}.pbx.example.com",
        "description": f"Bench {number}",
        "time_zone": "America/Toronto",
        "language": "en-us",
        "users": [{"username": "admin", "password": f"Bench-Admin-{number}", "email": "admin@bench.example"}],
        "extensions": [
            {"number": str(1001 + position), "name": f"Phone {position}", "email": f"p{position}@bench.example"}
            for position in range(extensions)
        ],
        "trunk": {
            "gateway": {"name": "toronto", "proxy": "toronto.provider1.example", "register": False, "channels": 10},
            "provider_addresses": ["203.0.113.10/32"],
            "inbound": [{"number": f"+1416{2000000 + number:07d}", "extension": "1001"}],
            "outbound": [{"template": "nanp"}, {"template": "emergency_nanp"}, {"template": "toll_free_nanp"}],
        },
    }


def write(folder: Path, numbers: range, extensions: int = 10) -> Path:
    """Write the tenant files of those numbers into a new folder and return it."""
    folder.mkdir(parents=True)
    for number in numbers:
        path = folder / f"bench{number}.yml"
        path.write_text(yaml.safe_dump(tenant(number, extensions)), encoding="utf-8")
    return folder


class Playbooks:
    """Timed runs of playbooks against one lab. Parameters: inventory, the lab's inventory file."""

    def __init__(self, inventory: str, secrets: Path) -> None:
        self.inventory = inventory
        self.environment = dict(
            os.environ,
            ANSIBLE_CONFIG=str(ROOT / "ansible.cfg"),
            XDG_STATE_HOME=str(secrets),
            ANSIBLE_NOCOLOR="1",
        )
        self.command = str(Path(sys.executable).parent / "ansible-playbook")

    def run(self, playbook: Path, tenant_files: Path | None = None) -> float:
        """Seconds that a playbook takes; a failed run stops the benchmark with its output."""
        command = [self.command, "-i", self.inventory, str(playbook)]
        if tenant_files:
            command += ["-e", f"tenant_files={tenant_files}"]
        started = time.monotonic()
        result = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        seconds = time.monotonic() - started
        if result.returncode:
            raise SystemExit(f"{playbook} failed:\n{result.stdout}\n{result.stderr}")
        return seconds

    def provision(self, tenant_files: Path) -> float:
        """Seconds of provision.yml, verify included."""
        return self.run(ROOT / "playbooks" / "provision.yml", tenant_files)
