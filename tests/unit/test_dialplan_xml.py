"""Dialplans as XML and as detail rows: the one is derived from the other and back without loss."""

from __future__ import annotations

import pytest
from ansible_collections.voipbox.fusionpbx.plugins.module_utils import dialplan_xml as dx
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.errors import EngineError
from hypothesis import given
from hypothesis import strategies as st

WORDS = (
    st.text(alphabet="abcXYZ019_$.{}()^+*?\\-/:=, ", min_size=1, max_size=20)
    .map(str.strip)
    .filter(bool)
    .filter(lambda word: "$$" not in word)
)
ACTION = st.tuples(st.sampled_from(["action", "anti-action"]), WORDS, WORDS, st.sampled_from([None, "true"]), st.booleans())
CONDITION = st.tuples(WORDS, WORDS, st.sampled_from([None, "on-true", "never"]), st.lists(ACTION, max_size=4))


def extension(conditions):
    root = dx.ElementTree.Element("extension", name="x", **{"continue": "false"})
    for field, expression, break_, actions in conditions:
        condition = dx.ElementTree.SubElement(root, "condition", field=field, expression=expression)
        if break_:
            condition.set("break", break_)
        for tag, application, data, inline, enabled in sorted(actions, key=lambda action: action[0] != "action"):
            action = dx.ElementTree.SubElement(condition, tag, application=application, data=data)
            if inline:
                action.set("inline", inline)
            if not enabled:
                action.set("enabled", "false")
    return root


def served(root):
    """What the switch may see of an extension: disabled actions are left out."""
    for condition in root:
        for action in list(condition):
            if action.get("enabled") == "false":
                condition.remove(action)
            else:
                action.attrib.pop("enabled", None)
    root.set("uuid", "u")
    return dx.ElementTree.tostring(root, encoding="unicode")


@given(st.lists(CONDITION, min_size=1, max_size=4))
def test_the_written_xml_says_what_the_details_say(conditions):
    root = extension(conditions)
    rows = dx.details_from(root, dx.by_tens)
    written = dx.XmlWriter("x", "u", "false").write(rows)
    assert dx.same_xml(written, served(root))


@given(st.lists(CONDITION, min_size=1, max_size=4))
def test_details_survive_the_way_to_a_template_text_and_back(conditions):
    rows = dx.details_from(extension(conditions), dx.by_tens)
    again = dx.details_from(dx.parse(dx.to_extension("x", False, 100, rows)), dx.by_tens)
    assert again == rows


TIMES = st.dictionaries(st.sampled_from(sorted(dx.TIME_TYPES)), WORDS, min_size=1, max_size=4)


@given(TIMES, WORDS, st.sampled_from([None, "on-true", "never"]))
def test_times_survive_the_way_to_details_and_back(times, expression, break_):
    root = extension([("destination_number", expression, None, [("action", "answer", "x", None, True)])])
    condition = dx.ElementTree.Element("condition", times)
    if break_:
        condition.set("break", break_)
    root.insert(0, condition)
    rows = dx.details_from(root, dx.by_tens)
    assert [(row["dialplan_detail_type"], row["dialplan_detail_data"]) for row in rows[: len(times)]] == list(times.items())
    assert dx.same_xml(dx.XmlWriter("x", "u", "false").write(rows), served(root))
    assert dx.details_from(dx.parse(served(root)), dx.by_tens) == rows


def test_times_with_actions_of_their_own_survive():
    text = (
        '<extension name="x" continue="false" uuid="u"><condition wday="2-6" hour="9-17" break="never"><action application="set" '
        'data="open=true"/></condition><condition field="a" expression="b"><action application="answer" data="c"/></condition>'
        "</extension>"
    )
    rows = dx.details_from(dx.parse(text), dx.by_tens)
    assert [row["dialplan_detail_type"] for row in rows] == ["wday", "hour", "set", "a", "answer"]
    assert dx.same_xml(dx.XmlWriter("x", "u", "false").write(rows), text)


@pytest.mark.parametrize(
    ("conditions", "cause"),
    [
        ("<condition/>", "would match every call"),
        ('<condition break="never"/>', "would match every call"),
        ('<condition weekday="2-6"/>', "would match every call"),
        ('<condition regex=""/>', "would match every call"),
        ('<condition wday="2-6" field="a" expression="b"/>', "not two of them"),
        ('<condition wday="2-6" regex="all"/>', "not two of them"),
        ('<condition wday="2-6" tz-offset="-5"/>', "cannot keep tz-offset"),
        ('<condition wday="2-6"/><condition wday="7"/>', "would merge"),
    ],
)
def test_a_condition_that_would_match_more_than_it_says_is_refused(conditions, cause):
    with pytest.raises(EngineError, match=cause):
        dx.details_from(dx.parse(f"<extension>{conditions}</extension>"), dx.by_tens)


@pytest.mark.parametrize("condition", ['field="" expression=""', 'regex="all"', 'field="a"', 'minute-of-day="540-1020"'])
def test_a_condition_that_says_what_it_matches_is_taken(condition):
    assert len(dx.details_from(dx.parse(f"<extension><condition {condition}/></extension>"), dx.by_tens)) == 1


def test_orders_of_the_pages_differ():
    root = dx.parse(
        '<extension name="x"><condition field="a" expression="b"><action application="c" data="d"/>'
        '<action application="e" data="f"/></condition></extension>'
    )
    assert [row["dialplan_detail_order"] for row in dx.details_from(root, dx.by_tens)] == [10, 20, 30]
    assert [row["dialplan_detail_order"] for row in dx.details_from(root, dx.by_destination_page)] == [20, 40, 50]


def test_standard_actions_stand_first_in_the_xml_but_not_in_the_details():
    root = dx.parse(
        '<extension name="x"><condition field="destination_number" expression="^1$">'
        '<action application="transfer" data="1001 XML a"/></condition></extension>'
    )
    rows = dx.details_from(root, dx.by_destination_page)
    text = dx.XmlWriter("x", "u", "false", [("set", "domain_name=a")]).write(rows)
    assert text == (
        '<extension name="x" continue="false" uuid="u">\n'
        '\t<condition field="destination_number" expression="^1$">\n'
        '\t\t<action application="set" data="domain_name=a" inline="true"/>\n'
        '\t\t<action application="transfer" data="1001 XML a"/>\n'
        "\t</condition>\n</extension>"
    )
    assert all("domain_name" not in (row["dialplan_detail_data"] or "") for row in rows)


@pytest.mark.parametrize(("one", "other"), [("1", "true"), ("", "false")])
def test_the_spelling_of_continue_does_not_count(one, other):
    text = '<extension name="x" continue="{0}"><condition/></extension>'
    assert dx.same_xml(text.format(one), text.format(other).replace(">", ">\n", 1))
    assert not dx.same_xml(text.format("true"), text.format("false"))


@pytest.mark.parametrize(
    "text",
    [
        "<extension>",
        "<context/>",
        '<!DOCTYPE x [<!ENTITY a "b">]><extension>&a;</extension>',
        "<extension><action/></extension>",
        "<extension><condition><bogus/></condition></extension>",
    ],
)
def test_what_is_no_extension_is_refused(text):
    with pytest.raises(EngineError):
        dx.details_from(dx.parse(text), dx.by_tens)


@pytest.mark.parametrize("value", ['a"b', "a<b", "a&b", "a>b"])
def test_values_that_the_editor_would_break_are_found(value):
    assert dx.refused_characters([dx.detail("action", "set", value)]) == value
    assert dx.refused_characters([dx.detail("action", "set", "a'b")]) is None
