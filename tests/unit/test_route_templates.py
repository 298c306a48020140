"""Route templates: rendered, escaped, refused; what they give is found again by folding."""

from __future__ import annotations

import re

import pytest
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.dialplan_xml import (
    by_tens,
    details_from,
    parse,
    to_extension,
)
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.errors import BadInput
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.abbreviations import abbreviation, outbound_prefix
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.route_folding import fold
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.route_templates import RouteTemplates
from hypothesis import given
from hypothesis import strategies as st

TEMPLATES = RouteTemplates([])
GATEWAY = {"name": "toronto", "channels": 10}
DOMAIN = "acme.pbx.example.com"
OPTIONS = {
    "emergency": {"country": "DE"},
    "nanp_local": {"area_code": "416"},
    "expression": {"expressions": [r"^9(416\d{7})$", r"^(\d{7})$"]},
}


def outbound(name, gateway=None, **options):
    return TEMPLATES.render_outbound(
        {"template": name, **OPTIONS.get(name, {}), **options}, gateway or GATEWAY, DOMAIN, "trunk.outbound[0]"
    )


def taken(routes, number):
    return [route for route in routes if re.search(route["expression"], number)]


@pytest.mark.parametrize("name", TEMPLATES.names("outbound"))
def test_sample_numbers_are_taken_once_or_refused(name):
    entry = {"template": name, **OPTIONS.get(name, {})}
    samples = TEMPLATES.questions(entry, GATEWAY, DOMAIN, "")
    assert name == "expression" or (samples["match"] and samples["no_match"])
    assert [number for number in samples["match"] if len(taken(outbound(name), number)) != 1] == []
    assert [number for number in samples["no_match"] if taken(outbound(name), number)] == []


@given(st.from_regex(r"(011[1-9][0-9]{8,14}|\+[2-9][0-9]{8,13}|1?900[2-9][0-9]{6}|1?876[2-9][0-9]{6})", fullmatch=True))
def test_no_closed_number_passes_a_domestic_template(number):
    for name in ("nanp", "nanp_local", "toll_free_nanp", "emergency_nanp", "digits_only"):
        assert not taken(outbound(name), number), name


@given(st.from_regex(r"(\+1|1)?[2-9][0-9]{2}976[0-9]{4}|976[0-9]{4}", fullmatch=True))
def test_the_premium_exchange_passes_no_template_that_dials_any_area_code(number):
    for name in ("nanp", "nanp_local", "digits_only"):
        assert not taken(outbound(name), number), name


def test_short_names_do_not_follow_what_an_expression_leaves_out():
    assert [parse(outbound(name)[0]["xml"]).get("name") for name in ("nanp", "nanp_local", "digits_only")] == [
        "toronto.nanp", "toronto.7d", "toronto.digits",
    ]  # fmt: skip
    for name in ("nanp", "nanp_local", "digits_only"):
        assert outbound_prefix(outbound(name)[0]["expression"]) is None
    assert re.search(outbound("nanp_local")[0]["expression"], "5550123").group(1) == "5550123"
    assert re.search(outbound("nanp")[0]["expression"], "+14165550123").group(1) == "4165550123"


DOMESTIC = st.from_regex(r"[2-9][0-9]{6}", fullmatch=True).filter(lambda rest: not rest.startswith("976"))


@given(st.sampled_from(["416", "212", "604", "305"]), DOMESTIC)
def test_domestic_numbers_pass_in_each_form(area, rest):
    for form in (area + rest, "1" + area + rest, "+1" + area + rest):
        assert len(taken(outbound("nanp"), form)) == 1


def test_what_the_provider_is_sent():
    def dialled(name, **options):
        return [re.search(r'voipbox-gateway-uuid/([^"]*)"', route["xml"]).group(1) for route in outbound(name, **options)]

    assert dialled("nanp") == ["$1"]
    assert dialled("nanp", prefix="1") == ["1$1"]
    assert dialled("nanp_local") == ["416$1"]
    assert dialled("digits_only") == ["1$1"]
    assert dialled("e164_pass_through") == ["+$1"]
    assert dialled("international") == ["$1", "011$1", "1$1"]


def test_toll_classes_are_conditions_of_the_route():
    assert "${toll_allow}" not in outbound("nanp")[0]["xml"]
    assert '"${toll_allow}" expression="domestic"' in outbound("nanp", toll_allow="domestic")[0]["xml"]
    assert all('"${toll_allow}" expression="international"' in route["xml"] for route in outbound("international"))


def test_channels_limit_all_but_emergency_calls():
    def limits(name, **options):
        rows = details_from(parse(outbound(name, **options)[0]["xml"]), by_tens)
        return [
            (row["dialplan_detail_data"], row["dialplan_detail_enabled"])
            for row in rows
            if "limit_max" in (row["dialplan_detail_data"] or "")
        ]

    on = ("hash ${domain_name} outbound ${limit_max} !USER_BUSY", True)
    off = (on[0], False)
    assert limits("nanp") == [("limit_max=10", True), on]
    assert limits("nanp", channels=3) == [("limit_max=3", True), on]
    assert limits("nanp", gateway={"name": "toronto"}) == [("limit_max=", False), off]
    assert limits("emergency_nanp") == [("limit_max=", False), off]


@pytest.mark.parametrize(
    ("expression", "short", "prefix"),
    [
        (r"^(\d{7})$", "7d", None),
        (r"(^911$|^933$)", "911", None),
        (r"^9(416\d{7})$", "9416d7", "9"),
        (r"^(011\d{9,17})$", "011.9-17d", None),
        (r"^9(\d{10})$", "9.10d", "9"),
        (r"^\*67 (.*)$", "67_", None),
    ],
)
def test_short_names_are_those_of_the_page(expression, short, prefix):
    assert abbreviation(expression) == short
    assert outbound_prefix(expression) == prefix


HOSTILE = "\"'<&>{{ 6*7 }}{% raw %}${x}"


def test_hostile_text_comes_out_escaped():
    gateway = {"name": HOSTILE, "channels": 1}
    route = outbound("expression", gateway, expressions=["^(" + re.escape("<&>\"'") + ")$"], toll_allow=HOSTILE)[0]
    root = parse(route["xml"])
    assert root.get("name").startswith(HOSTILE)
    assert [c.get("expression") for c in root.iter("condition")][1] == HOSTILE


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ({"template": "nope"}, "trunk.outbound[0].template"),
        ({"template": "nanp_local"}, "trunk.outbound[0].area_code"),
        ({"template": "expression"}, "trunk.outbound[0].expressions"),
    ],
)
def test_what_cannot_be_rendered_is_named(entry, field):
    with pytest.raises(BadInput) as caught:
        TEMPLATES.render_outbound(entry, GATEWAY, DOMAIN, "trunk.outbound[0]")
    assert caught.value.field == field


@pytest.mark.parametrize(
    "text",
    [
        "<extension",
        "<context/>",
        '<extension name="x"><condition field="caller_id_number" expression="{{ expression }}"/></extension>',
        "{{ undefined_thing }}",
        "{% if %}",
    ],
)
def test_a_broken_template_of_a_site_is_refused(tmp_path, text):
    (tmp_path / "mine.xml.j2").write_text("{% set expressions = ['^1$'] %}" + text, encoding="utf-8")
    with pytest.raises(BadInput, match=r"trunk\.outbound\[0\]\.template"):
        RouteTemplates([str(tmp_path)]).render_outbound({"template": "mine"}, GATEWAY, DOMAIN, "trunk.outbound[0]")


def test_a_site_template_comes_first_and_can_use_the_role_s_rows(tmp_path):
    (tmp_path / "outbound").mkdir()
    (tmp_path / "outbound" / "nanp.xml.j2").write_text(
        '{% from "outbound/_route.xml.j2" import route with context %}{% set expressions = ["^(777)$"] %}{{ route() }}',
        encoding="utf-8",
    )
    site = RouteTemplates([str(tmp_path)])
    assert [r["expression"] for r in site.render_outbound({"template": "nanp"}, GATEWAY, DOMAIN, "")] == ["^(777)$"]
    assert "nanp" in site.names("outbound")


def raw_of(entry, gateway):
    routes = TEMPLATES.render_outbound(entry, gateway, DOMAIN, "")
    for route in routes:
        root = parse(route["xml"])
        rows = details_from(root, by_tens)
        yield {
            "expression": route["expression"],
            "name": root.get("name"),
            "gateway": gateway["name"],
            "xml": to_extension(root.get("name"), False, int(root.get("order")), rows),
            "order": int(root.get("order")),
            "enabled": entry.get("enabled", True),
            **({"description": entry["description"]} if "description" in entry else {}),
        }


VARIATIONS = [
    {},
    {"toll_allow": "domestic"},
    {"channels": 4},
    {"order": 130},
    {"prefix": "1"},
    {"prefix": "8812"},
    {"enabled": False, "description": "closed"},
    {"toll_allow": "x", "channels": 2, "order": 120, "prefix": "55"},
]


@pytest.mark.parametrize("options", VARIATIONS, ids=str)
@pytest.mark.parametrize("name", TEMPLATES.names("outbound"))
def test_folding_finds_the_entry_that_was_rendered(name, options):
    entry = {"template": name, **OPTIONS.get(name, {}), **options}
    raws = list(raw_of(entry, GATEWAY))
    tenant = {"domain": DOMAIN, "trunk": {"gateway": GATEWAY, "outbound": raws}}
    folded, unmanaged = fold(tenant, TEMPLATES)
    assert unmanaged == []
    again = [route for one in folded["trunk"]["outbound"] for route in raw_of(one, GATEWAY)]
    assert sorted(again, key=str) == sorted(raws, key=str)
    if name != "expression":
        assert [one["template"] for one in folded["trunk"]["outbound"]] == [name]


def test_a_route_that_no_template_gives_is_told():
    raw = next(raw_of({"template": "nanp"}, GATEWAY))
    raw["xml"] = raw["xml"].replace("hangup_after_bridge=true", "hangup_after_bridge=false")
    folded, unmanaged = fold({"domain": DOMAIN, "trunk": {"gateway": GATEWAY, "outbound": [raw]}}, TEMPLATES)
    assert "outbound" not in folded["trunk"]
    assert unmanaged == ["outbound route toronto.nanp is given by no template"]
