"""What is made once for many dialplans is the same as what is made for each of them."""

from __future__ import annotations

import pytest
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.database import canonical
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.dialplan_content import Content, rendered
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.dialplan_xml import (
    XmlWriter,
    by_tens,
    detail,
    details_from,
    parse,
)
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.errors import EngineError
from hypothesis import given
from hypothesis import strategies as st

TOKENS = {"token-one": "0c6f1a3e", "token-two": "acme.pbx.example.com"}
WORDS = st.text(alphabet="abcXYZ019_$.{}()^+*?\\-/:= ", max_size=12)
DATA = st.lists(st.one_of(WORDS, st.sampled_from(list(TOKENS))), max_size=4).map("".join)
ROWS = st.lists(
    st.builds(
        lambda tag, type_, data, group, order, inline, enabled: detail(tag, type_, data, group, order, inline, None, enabled),
        st.sampled_from(["condition", "action", "anti-action", "regex"]),
        DATA,
        DATA,
        st.integers(0, 2),
        st.integers(0, 9).map(lambda place: place * 10),
        st.sampled_from([None, "true"]),
        st.sampled_from([True, False, None, "true", "false"]),
    ),
    max_size=8,
)
ROUTE = (
    '<extension name="toronto.token-one" continue="{0}" order="90"><condition field="destination_number" '
    'expression="^(911)$"><action application="bridge" data="sofia/gateway/token-one/$1"/></condition></extension>'
)


def replaced(text):
    for token, value in TOKENS.items():
        text = text.replace(token, value)
    return text


def written_out(rows):
    return [{key: replaced(value) if isinstance(value, str) else value for key, value in row.items()} for row in rows]


def stored(rows):
    """Rows as the database gives them back: text or None."""
    return [{key: canonical(value) for key, value in row.items()} for row in rows]


@given(ROWS)
def test_filling_in_gives_what_the_written_out_rows_give(rows):
    filled = Content(rows).filled(TOKENS)
    plain = Content(written_out(rows))
    assert filled.details == plain.details
    assert filled.xml("a", "b", "true") == plain.xml("a", "b", "true") == XmlWriter("a", "b", "true").write(plain.details)
    assert filled.same_details(stored(plain.details))
    assert filled.refused() == plain.refused()


@given(ROWS, st.randoms())
def test_rows_in_another_order_are_the_same(rows, random):
    there = stored(rows)
    random.shuffle(there)
    assert Content(rows).same_details(there)


@given(ROWS.filter(bool), st.sampled_from(["dialplan_detail_data", "dialplan_detail_type", "dialplan_detail_order"]))
def test_a_row_that_differs_is_seen(rows, column):
    there = stored(rows)
    there[0][column] = (there[0][column] or "") + "9"
    assert not Content(rows).same_details(there)
    assert not Content(rows).same_details(stored(rows)[1:])


def test_two_tenants_get_their_own_values_of_one_content():
    rows = [detail("condition", "destination_number", "^911$", 0, 10), detail("action", "bridge", "gateway/token-one/$1", 0, 20)]
    content = Content(rows)
    first, second = (content.filled({"token-one": value}) for value in ("aaa", "bbb"))
    assert "gateway/aaa/" in first.xml("x", "u", "") and "gateway/bbb/" in second.xml("x", "u", "")
    assert not first.same_details(stored(second.details))
    assert content.details[1]["dialplan_detail_data"] == "gateway/token-one/$1"


@pytest.mark.parametrize(("spelled", "continues"), [("true", True), ("1", True), ("false", False), ("", False)])
def test_a_rendered_route_is_read_once(spelled, continues):
    text = ROUTE.format(spelled)
    route = rendered(text, by_tens)
    assert rendered(text, by_tens) is route
    assert (route.name, route.order, route.continues) == ("toronto.token-one", "90", continues)
    assert route.content.details == details_from(parse(text), by_tens)


def test_a_route_that_cannot_be_read_is_refused_every_time():
    for _ in range(2):
        with pytest.raises(EngineError, match="not well formed"):
            rendered("<extension>", by_tens)
