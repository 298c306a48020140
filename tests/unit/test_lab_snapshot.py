"""The difference of two snapshots, without a database."""

from __future__ import annotations

from voipbox_lab.snapshot import Changes, difference


def test_equal_snapshots_differ_in_nothing():
    one = {"t": {"1": {"a": "x", "b": None}}}
    assert difference(one, {"t": {"1": {"b": None, "a": "x"}}}) == {}


def test_each_kind_of_change_is_told_once():
    before = {"t": {"1": {"a": "x", "b": "y"}, "2": {"a": "x", "b": None}}, "same": {"1": {"a": "x"}}}
    after = {"t": {"1": {"a": "x", "b": None}, "3": {"a": "z", "b": "y"}}, "same": {"1": {"a": "x"}}}
    assert difference(before, after) == {
        "t": Changes(
            inserted={"3": {"a": "z", "b": "y"}},
            updated={"1": {"b": ("y", None)}},
            deleted={"2": {"a": "x", "b": None}},
        )
    }


def test_tables_that_come_and_go_count_by_their_rows():
    assert difference({}, {"t": {}}) == {}
    assert difference({}, {"t": {"1": {"a": "x"}}})["t"].inserted == {"1": {"a": "x"}}
    assert difference({"t": {"1": {"a": "x"}}}, {})["t"].deleted == {"1": {"a": "x"}}
