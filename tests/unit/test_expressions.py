"""Expressions of a tenant file: what the switch could not compile, or would match for ever, is refused."""

from __future__ import annotations

import re
import time
import warnings

import pytest
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.expressions import cause_against
from hypothesis import given, settings
from hypothesis import strategies as st

GOOD = [
    r"^(?:\+1|1)?((?!900|976)[2-9]\d{2}(?!976)[2-9]\d{6})$", r"(^911$|^933$)", r"^(.*)$", r"^\+?(?:44)?(\d{9,10})$",
    r"^9(\d{7})$", r"^([2-9]11)$", r"^(011\d{9,17})$",
    r"^(?:\+1|1)?(8(00|33|44|55|66|77|88)[2-9]\d{6})$", r"(\d{3}){2}", "[[:digit:]]+", "[]a]",
    r"^\*(\d{2,})#$", r"^\d+\*\d+\*(\d+)$", "(ab)+c", "a|", r"^(112|999)$",
]  # fmt: skip
BAD = [
    "^(a+)+$", "(", ")", "a)", "^(a|a)*$", r"^(\d+)*$", r"(\d*)*", "a**", "a{2}{3}", "[z-a]", "[a", "[]", "[[:nothing:]]", "a{",
    "x{1,2", "a{3,1}", "(?<n>a)", "(*FAIL)", "(?R)", r"(a)\1", r"^\d+\d+\d+\d+$", "(?:a?){50}", "(?=a)+", "^*", "+a", "\\",
    r"\p{L}", "(?i)a", "",
    "(" * 11 + "a" + ")" * 11, "a{0,65535}", "(a{100}){100}", "a?" * 30 + "a" * 30, "(a|a)" * 20, "x" * 251,
]  # fmt: skip


@pytest.mark.parametrize("expression", GOOD)
def test_what_a_switch_takes_and_bounds_passes(expression):
    assert cause_against(expression) is None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        re.compile(expression)


@pytest.mark.parametrize("expression", BAD)
def test_what_it_cannot_compile_or_would_never_end_is_refused(expression):
    assert cause_against(expression)


_atoms = st.sampled_from(["1", "a", r"\d", ".", "[12]", "^", "$", "(?=1)", r"\+"])
_counts = st.sampled_from(["", "", "?", "*", "+", "{2}", "{1,3}", "{2,}", "*?"])
_patterns = st.recursive(
    st.builds(lambda *parts: "".join(parts), _atoms, _counts),
    lambda inside: st.one_of(
        st.builds(lambda one, other: one + other, inside, inside),
        st.builds(lambda one, other, count: f"({one}|{other}){count}", inside, inside, _counts),
        st.builds(lambda one, count: f"(?:{one}){count}", inside, _counts),
    ),
    max_leaves=12,
)


@given(_patterns)
@settings(max_examples=300, deadline=None)
def test_whatever_passes_compiles_and_ends_soon(expression):
    if cause_against(expression) is not None:
        return
    compiled = re.compile(expression)
    for number in ("1" * 60, "a1" * 40 + "!"):
        began = time.process_time()
        compiled.search(number)
        assert time.process_time() - began < 1, expression


@given(st.text(alphabet=r"()[]{}|*+?\^$.,-:!=<>1a0", max_size=20))
@settings(max_examples=300, deadline=None)
def test_whatever_passes_is_an_expression(expression):
    if cause_against(expression) is None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(expression)
