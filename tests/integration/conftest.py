"""A lab a shape for the session; modules are driven from outside through ansible-playbook, as an admin's play would."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import psycopg2
import psycopg2.extras
import pytest
from voipbox_lab.lab import Lab
from voipbox_lab.snapshot import difference, snapshot
from voipbox_lab.switch.control import SwitchControl

from tests.warm.playbooks import WarmPlaybooks

SHAPES = ("5.5", "5.4")
COLLECTION = "voipbox.fusionpbx."
READING = ("hostname", "acl ", "sofia xmlstatus", "sofia status", "user_exists", "regex", "lua ~require")


class Play:
    """What a play gave: the result of each task, in order, and everything that it printed."""

    def __init__(self, results: list[dict], output: str) -> None:
        self.results = results
        self.output = output


class Bench:
    """A lab and the ways to it: modules through ansible-playbook, rows through SQL of its own, the switch's log."""

    def __init__(self, lab: Lab, playbooks: WarmPlaybooks) -> None:
        self.lab = lab
        self.playbooks = playbooks
        self.control = SwitchControl(str(lab.control))

    def play(self, *tasks: tuple[str, dict], check: bool = False, diff: bool = False) -> Play:
        """Run tasks (module name, options) in one play; a failed one does not stop the others.

        The connection comes from module_defaults of the collection's action group.
        """
        play = {
            "hosts": "localhost",
            "gather_facts": False,
            "module_defaults": {f"group/{COLLECTION}fusionpbx": {"config_path": str(self.lab.config_path)}},
            "tasks": [{COLLECTION + module: options, "ignore_errors": True} for module, options in tasks],
        }
        with tempfile.TemporaryDirectory() as folder:
            playbook = Path(folder, "play.yml")
            playbook.write_text(json.dumps([play]), encoding="utf-8")
            inventory = "localhost ansible_connection=local ansible_python_interpreter=" + sys.executable
            hosts = Path(folder, "hosts.ini")
            hosts.write_text(inventory + "\n", encoding="utf-8")
            flags = [flag for flag, wanted in (("--check", check), ("--diff", diff)) if wanted]
            _, output, told = self.playbooks.run("-i", str(hosts), str(playbook), *flags)
        results = [dict(one["result"], failed=one["failed"]) for one in told]
        assert len(results) == len(tasks), output
        return Play(results, output)

    def run_module(self, name: str, options: dict, check: bool = False, diff: bool = False) -> dict:
        """The result of one module."""
        return self.play((name, options), check=check, diff=diff).results[0]

    def done(self, name: str, options: dict, **how: bool) -> dict:
        """The result of one module that must not fail."""
        result = self.run_module(name, options, **how)
        assert not result["failed"], result["msg"]
        return result

    def given(self, *tasks: tuple[str, dict]) -> None:
        """What a test starts from."""
        for result in self.play(*tasks).results:
            assert not result["failed"], result["msg"]

    def appears(self, name: str, options: dict, rows) -> dict:
        """The rhythm of everything new: predicted and not written, written, unchanged. Returns the result of the writing.

        Parameters: rows, a function that reads with SQL what the task is to make.
        """
        before = self.snapshot()
        self.control.clear_log()
        predicted = self.done(name, options, check=True)
        assert predicted["changed"]
        assert rows() == []
        assert self.changed_since(before) == {}
        assert self.told() == []
        real = self.done(name, options)
        assert real["changed"]
        assert real["created"] == predicted["created"]
        assert rows()
        self.unchanged(name, options)
        return real

    def unchanged(self, name: str, options: dict) -> dict:
        """The task changes nothing: no row, no command."""
        before = self.snapshot()
        self.control.clear_log()
        again = self.done(name, options)
        assert not again["changed"], again
        assert again["commands"] == []
        assert self.told() == []
        assert self.changed_since(before) == {}
        return again

    def sql(self, query: str, *parameters) -> list[dict]:
        """Rows of a query, as dictionaries."""
        with (
            psycopg2.connect(self.lab.dsn) as connection,
            connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor,
        ):
            cursor.execute(query, parameters)
            return [dict(row) for row in cursor.fetchall()] if cursor.description else []

    def rows(self, table: str, domain: str, condition: str = "true") -> list[dict]:
        """Rows of a tenant in a table."""
        return self.sql(
            f"SELECT t.* FROM {table} t JOIN v_domains d USING (domain_uuid) WHERE d.domain_name = %s AND {condition}", domain
        )

    def snapshot(self):
        return snapshot(self.lab.dsn)

    def changed_since(self, before):
        return difference(before, self.snapshot())

    def told(self) -> list[str]:
        """Commands that change something, as the switch received them since clear_log()."""
        return [entry["command"] for entry in self.control.log() if not entry["command"].startswith(READING)]


@pytest.fixture(scope="session", params=SHAPES)
def lab(request, tmp_path_factory):
    made = Lab(tmp_path_factory.mktemp("lab" + request.param.replace(".", "")), shape=request.param, time_factor=0.1)
    made.up()
    yield made
    made.down()


@pytest.fixture(scope="session")
def playbooks():
    warm = WarmPlaybooks()
    yield warm
    warm.close()


@pytest.fixture(scope="module")
def bench(lab, playbooks):
    lab.reset()
    found = Bench(lab, playbooks)
    found.control.clear_faults()
    return found


def true(value) -> bool:
    """A boolean of a row: real in one shape of the tables, text in the other."""
    return value in (True, "true")
