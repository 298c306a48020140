"""fusionpbx_outbound_route from outside, through its action plugin."""

from __future__ import annotations

import pytest

from tests.integration.conftest import true

MODULE = "fusionpbx_outbound_route"
DOMAIN = "acme.pbx.example.com"
NANP = {"domain": DOMAIN, "gateway": "toronto", "template": "nanp", "description": "North America"}


@pytest.fixture(scope="module", autouse=True)
def _tenant(bench):
    bench.given(
        ("fusionpbx_domain", {"name": DOMAIN}),
        (
            "fusionpbx_gateway",
            {
                "domain": DOMAIN,
                "name": "toronto",
                "proxy": "toronto.provider1.example",
                "username": "acme-trunk",
                "password": "Trunk-Pass-1",
            },
        ),
    )


def routes(bench, name="toronto.nanp"):
    return bench.rows("v_dialplans", DOMAIN, f"t.dialplan_name = '{name}'")


def companions(bench):
    return bench.rows("v_dialplans", DOMAIN, "t.dialplan_name LIKE 'call_direction-outbound%%'")


def test_a_route_appears_open_with_its_companion(bench):
    before = len(companions(bench))
    result = bench.appears(MODULE, NANP, lambda: routes(bench))
    assert result["created"] == ["outbound route toronto.nanp"]
    (row,) = routes(bench)
    (gateway,) = bench.rows("v_gateways", DOMAIN)
    assert true(row["dialplan_enabled"])
    assert f"sofia/gateway/{gateway['gateway_uuid']}/$1" in row["dialplan_xml"]
    assert "voipbox-gateway-uuid" not in row["dialplan_xml"]
    assert row["dialplan_description"] == "North America"
    assert len(companions(bench)) == before + 1


def test_one_option_changes_the_route_alone(bench):
    wanted = dict(NANP, channels=4)
    before = bench.snapshot()
    assert bench.done(MODULE, wanted, check=True)["updated"] == ["outbound route toronto.nanp"]
    assert bench.changed_since(before) == {}
    bench.done(MODULE, wanted)
    changes = bench.changed_since(before)
    assert set(changes) == {"v_dialplans", "v_dialplan_details"}
    assert len(changes["v_dialplans"].updated) == 1
    (row,) = routes(bench)
    assert "limit_max=4" in row["dialplan_xml"]
    assert true(row["dialplan_enabled"])
    bench.unchanged(MODULE, wanted)


def test_a_route_is_closed_and_opened_again(bench):
    for enabled in (False, True):
        wanted = dict(NANP, channels=4, enabled=enabled)
        assert bench.done(MODULE, wanted)["changed"]
        assert true(routes(bench)[0]["dialplan_enabled"]) is enabled
        bench.unchanged(MODULE, wanted)


def test_a_list_with_expressions_of_ones_own(bench):
    wanted = {
        "domain": DOMAIN,
        "routes": [
            {"gateway": "toronto", "template": "emergency_nanp"},
            {"gateway": "toronto", "template": "expression", "expressions": [r"^9(\d{10})$", r"^8(\d{7})$"], "prefix": "77"},
        ],
    }
    before = bench.snapshot()
    assert len(bench.done(MODULE, wanted)["created"]) >= 3
    xml = "".join(row["dialplan_xml"] for row in bench.changed_since(before)["v_dialplans"].inserted.values())
    for expression in (r"^9(\d{10})$", r"^8(\d{7})$"):
        assert f'expression="{expression}"' in xml
    assert "/77$1" in xml
    bench.unchanged(MODULE, wanted)


def test_what_would_do_harm_is_refused(bench):
    before = bench.snapshot()
    play = bench.play(
        (MODULE, dict(NANP, gateway="no_such_gateway")),
        (MODULE, {"domain": DOMAIN, "template": "nanp"}),
        (MODULE, dict(NANP, template="nanp_local")),
        (MODULE, dict(NANP, template="../../../etc/passwd")),
        (MODULE, dict(NANP, order=5000)),
        (MODULE, {"domain": DOMAIN, "gateway": "toronto"}),
    )
    texts = [result.get("msg", "") for result in play.results]
    assert all(result["failed"] for result in play.results), texts
    assert "there is no gateway no_such_gateway" in texts[0]
    assert "gateway" in texts[1]
    assert "area_code" in texts[2]
    assert "template" in texts[3]
    assert "order" in texts[4]
    assert "template" in texts[5]
    assert bench.changed_since(before) == {}


def test_a_route_goes_with_its_companion(bench):
    gone = {"domain": DOMAIN, "gateway": "toronto", "template": "nanp", "state": "absent"}
    others = {row["dialplan_uuid"] for row in companions(bench)}
    before = bench.snapshot()
    assert bench.done(MODULE, gone, check=True)["removed"] == ["outbound route toronto.nanp"]
    assert bench.changed_since(before) == {}
    bench.done(MODULE, gone)
    assert routes(bench) == []
    assert len(others - {row["dialplan_uuid"] for row in companions(bench)}) == 1
    assert routes(bench, "toronto.emergency_nanp") or len(companions(bench)) == len(others) - 1
    bench.unchanged(MODULE, gone)


def test_a_new_route_waits_for_its_gateway(bench):
    bench.control.provider("down.provider1.example", "wrong_password")
    bench.play(
        (
            "fusionpbx_gateway",
            {"domain": DOMAIN, "name": "down", "proxy": "down.provider1.example", "username": "u", "password": "p"},
        )
    )
    wanted = dict(NANP, gateway="down", wait_timeout=5)
    result = bench.run_module(MODULE, wanted)
    assert result["failed"] and "stay closed" in result["msg"]
    assert not true(routes(bench, "down.nanp")[0]["dialplan_enabled"])
    bench.control.provider("down.provider1.example", "good")
    bench.done(
        "fusionpbx_gateway",
        {"domain": DOMAIN, "name": "down", "proxy": "down.provider1.example", "username": "u", "password": "p2"},
    )
    assert bench.done(MODULE, wanted)["changed"]
    assert true(routes(bench, "down.nanp")[0]["dialplan_enabled"])
    bench.unchanged(MODULE, wanted)
