"""A template is rendered anew when, and only when, something that it looks up differs."""

from __future__ import annotations

import jinja2
import pytest
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.route_templates import ROLE_FOLDER, RouteTemplates
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.template_names import names_asked

SITE = {
    "own.xml.j2": '{% from "part.j2" import piece with context %}{{ piece() }}{% set local = 1 %}{{ local }}{{ order }}',
    "part.j2": "{% macro piece() %}{{ domain }}{{ variables.word }}{% endmacro %}",
    "included.xml.j2": '{% include "part.j2" %}',
    "named_late.xml.j2": "{% include description %}",
    "broken.xml.j2": "{% if %}",
    "incomplete.xml.j2": '{% include "nowhere.j2" %}',
}
BY_DOMAIN = """{% set expressions = ['^(1)$'] %}
<extension name="{{ domain }}"><condition field="destination_number" expression="{{ expression }}">
<action application="set" data="word={{ variables.word }}"/></condition></extension>"""


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("own.xml.j2", ["domain", "order", "variables"]),
        ("included.xml.j2", ["domain", "variables"]),
        ("part.j2", ["domain", "variables"]),
        ("named_late.xml.j2", None),
        ("broken.xml.j2", None),
        ("incomplete.xml.j2", None),
    ],
)
def test_names_are_found_through_imports_and_includes(name, asked):
    assert names_asked(jinja2.Environment(loader=jinja2.DictLoader(SITE)), name) == asked


@pytest.mark.parametrize("name", RouteTemplates([]).names("outbound"))
def test_routes_of_the_role_do_not_depend_on_the_domain(name):
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(ROLE_FOLDER))
    asked = names_asked(environment, f"outbound/{name}.xml.j2")
    assert "gateway" in asked
    assert "domain" not in asked


def test_tenants_that_say_the_same_share_a_rendering_and_others_do_not(tmp_path):
    (tmp_path / "outbound").mkdir()
    (tmp_path / "outbound" / "own.xml.j2").write_text(BY_DOMAIN, encoding="utf-8")
    templates = RouteTemplates([str(tmp_path)])

    def routes(domain, gateway="toronto", **entry):
        return templates.render_outbound({"template": "own", **entry}, {"name": gateway, "channels": 1}, domain, "")

    first = routes("a.example.com", variables={"word": "x"})
    assert routes("a.example.com", gateway="other", variables={"word": "x"}) is first
    assert "b.example.com" in routes("b.example.com", variables={"word": "x"})[0]["xml"]
    assert "word=y" in routes("a.example.com", variables={"word": "y"})[0]["xml"]
    nanp = {"template": "nanp"}
    one = templates.render_outbound(nanp, {"name": "toronto", "channels": 1}, "a.example.com", "")
    assert templates.render_outbound(nanp, {"name": "toronto", "channels": 1}, "b.example.com", "") is one
    limited = templates.render_outbound(nanp, {"name": "toronto", "channels": 2}, "b.example.com", "")
    assert 'limit_max=2"' in limited[0]["xml"]
