"""Differences: what counts as one, what is told of it, and that no secret is in the telling."""

from __future__ import annotations

from types import SimpleNamespace

from ansible_collections.voipbox.fusionpbx.plugins.module_utils.changes import Changes
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.database import canonical

COLUMNS = {"v_things": {"thing_uuid": "uuid", "name": "text", "password": "text", "enabled": "bool", "size": "numeric"}}


class Schema(SimpleNamespace):
    def has(self, table, column=None):
        return table in self.columns and (column is None or column in self.columns[table])

    def insertable(self, table, row):
        return {name: canonical(value) for name, value in row.items() if name in self.columns[table]}


class Recorder:
    def __init__(self):
        self.statements = []

    def execute(self, sql, parameters=()):
        self.statements.append((sql, list(parameters)))

    def insert(self, table, rows):
        self.statements.append(("INSERT " + table, rows))


def changes():
    return Changes(Schema(columns=COLUMNS))


def test_the_same_value_in_another_type_is_no_difference():
    found = changes()
    current = {"thing_uuid": "u", "name": None, "password": "p", "enabled": "true", "size": "30"}
    assert not found.update("v_things", "thing_uuid", current, {"name": "", "enabled": True, "size": 30}, "thing")
    assert not found


def test_unknown_columns_are_left_out():
    found = changes()
    assert not found.update("v_things", "thing_uuid", {"thing_uuid": "u"}, {"colour": "red"}, "thing")
    found.insert("v_things", {"thing_uuid": "u", "colour": "red"}, "thing u")
    assert found.inserts == {"v_things": [{"thing_uuid": "u"}]}


def test_secrets_are_marks_in_the_diff():
    found = changes()
    found.insert("v_things", {"thing_uuid": "u", "name": "n", "password": "CANARY-1"}, "thing u")
    found.update("v_things", "thing_uuid", {"thing_uuid": "v", "password": "CANARY-2"}, {"password": "CANARY-3"}, "thing v")
    found.delete("v_things", "thing_uuid", ["w"], "thing w", {"name": "w", "password": "CANARY-4"})
    assert "CANARY" not in str(found.diff())
    assert found.diff()["before"]["thing v"] != found.diff()["after"]["thing v"]


def test_only_differing_columns_are_written():
    found = changes()
    found.update("v_things", "thing_uuid", {"thing_uuid": "u", "name": "a", "size": "1"}, {"name": "b", "size": 1}, "thing")
    recorder = Recorder()
    found.apply(recorder)
    assert recorder.statements == [("UPDATE v_things SET name = %s WHERE thing_uuid = %s", ["b", "u"])]


def test_an_object_is_told_once_and_created_wins():
    found = changes()
    found.insert("v_things", {"thing_uuid": "u"}, "thing u")
    found.tell("changed", "thing u", {"x": 1}, {"x": 2})
    assert found.objects == {"created": ["thing u"], "changed": [], "removed": []}
