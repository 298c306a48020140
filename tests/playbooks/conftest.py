"""Playbooks run as an admin runs them, against a lab of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import psycopg2.extras
import pytest
import yaml
from voipbox_lab.lab import Lab
from voipbox_lab.snapshot import difference, snapshot
from voipbox_lab.switch.control import SwitchControl

from tests.warm.playbooks import WarmPlaybooks

ROOT = Path(__file__).parents[2]


@dataclass
class Run:
    """How a playbook ended: exit code, everything it printed, its recap."""

    code: int
    output: str

    def recap(self, name: str) -> int:
        return sum(int(found) for found in re.findall(rf"^lab-pbx\s.*\b{name}=(\d+)", self.output, re.MULTILINE))

    @property
    def text(self) -> str:
        """The output with its line breaks and indentation taken away."""
        return re.sub(r"\s+", " ", self.output)


class Site:
    """A lab with a folder of tenant files and a place for generated secrets."""

    def __init__(self, lab: Lab, folder: Path, playbooks: WarmPlaybooks) -> None:
        self.lab = lab
        self.playbooks = playbooks
        self.folder = folder
        self.control = SwitchControl(str(lab.control))
        self.environment = dict(
            os.environ,
            ANSIBLE_CONFIG=str(ROOT / "ansible.cfg"),
            ANSIBLE_NOCOLOR="1",
            XDG_STATE_HOME=str(folder / "state"),
            VOIPBOX_LAB_DIR=str(lab.directory),
        )

    def play(self, name: str, *arguments: str, inventory: str | None = None) -> Run:
        hosts = inventory or str(ROOT / "inventories" / "lab")
        playbook = str(ROOT / "playbooks" / f"{name}.yml")
        own = {name: self.environment[name] for name in ("XDG_STATE_HOME", "VOIPBOX_LAB_DIR")}
        code, output = self.playbooks.run("-i", hosts, playbook, *arguments, environment=own)[:2]
        return Run(code, output)

    def cold(self, name: str, *arguments: str, **how: object) -> subprocess.Popen[str]:
        """A playbook in a process of its own, started with the site's whole environment."""
        return subprocess.Popen(
            [
                str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(ROOT / "inventories" / "lab"),
                str(ROOT / "playbooks" / f"{name}.yml"), *arguments,
            ],
            cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **how,
        )  # fmt: skip

    def provision(self, files: Path | str, *arguments: str) -> Run:
        return self.play("provision", "-e", f"tenant_files={files}", *arguments)

    def write(self, name: str, content: dict | str) -> Path:
        path = self.folder / name
        text = content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True)
        path.write_text(text, encoding="utf-8")
        return path

    def snapshot(self):
        return snapshot(self.lab.dsn)

    def changed_since(self, before):
        return difference(before, self.snapshot())

    def sql(self, query: str, *parameters: object) -> list[dict]:
        factory = psycopg2.extras.RealDictCursor
        with psycopg2.connect(self.lab.dsn, cursor_factory=factory) as connection, connection.cursor() as cursor:
            cursor.execute(query, parameters)
            return [dict(row) for row in cursor.fetchall()] if cursor.description else []


@pytest.fixture(scope="module", params=["5.5", "5.4"])
def lab(request, tmp_path_factory):
    with Lab(tmp_path_factory.mktemp("lab"), shape=request.param, time_factor=0.1) as made:
        yield made


@pytest.fixture(scope="session")
def playbooks():
    warm = WarmPlaybooks()
    yield warm
    warm.close()


@pytest.fixture
def site(lab, tmp_path, playbooks):
    return Site(lab, tmp_path, playbooks)


def order(domain: str, number: str) -> dict:
    """A small order."""
    return {
        "domain": domain,
        "description": "Small",
        "users": [{"username": "admin", "password": "Small-Admin-2026", "email": "a@small.example"}],
        "extensions": [{"number": "1001", "name": "One"}, {"number": "1002", "name": "Two"}],
        "trunk": {
            "gateway": {
                "name": "toronto",
                "proxy": "toronto.provider1.example",
                "username": "small",
                "password": "Small-Trunk-1",
                "channels": 2,
            },
            "provider_addresses": ["203.0.113.10/32"],
            "inbound": [{"number": number, "extension": "1001"}],
            "outbound": [{"template": "nanp"}, {"template": "emergency_nanp"}],
        },
    }
