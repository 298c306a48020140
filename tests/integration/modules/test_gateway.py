"""fusionpbx_gateway from outside."""

from __future__ import annotations

import pytest

from tests.integration.conftest import true

MODULE = "fusionpbx_gateway"
DOMAIN = "acme.pbx.example.com"
PASSWORD = "Canary-Trunk-7351"
TORONTO = {
    "domain": DOMAIN,
    "name": "toronto",
    "proxy": "toronto.provider1.example",
    "username": "acme-trunk",
    "password": PASSWORD,
    "channels": 10,
    "wait_timeout": 10,
}


@pytest.fixture(scope="module", autouse=True)
def _tenant(bench):
    bench.given(("fusionpbx_domain", {"name": DOMAIN}))


def gateways(bench, name="toronto"):
    return bench.rows("v_gateways", DOMAIN, f"t.gateway = '{name}'")


def test_a_gateway_appears_and_registers(bench):
    result = bench.appears(MODULE, TORONTO, lambda: gateways(bench))
    (row,) = gateways(bench)
    (told,) = result["gateways"]
    assert (told["name"], told["uuid"], told["state"]) == ("toronto", row["gateway_uuid"], "REGED")
    assert PASSWORD not in str(result)
    assert row["password"] == PASSWORD
    assert row["proxy"] == row["realm"] == row["from_domain"] == "toronto.provider1.example"
    assert true(row["register"]) and true(row["enabled"])
    assert str(row["channels"]) == "10"
    assert "sofia profile external rescan" in result["commands"]


def test_a_change_is_taken_over_by_the_switch(bench):
    wanted = dict(TORONTO, port=5070, transport="tcp")
    before = bench.snapshot()
    bench.control.clear_log()
    predicted = bench.done(MODULE, wanted, check=True)
    assert predicted["updated"] == ["gateway toronto"]
    assert bench.changed_since(before) == {} and bench.told() == []
    result = bench.done(MODULE, wanted)
    (row,) = gateways(bench)
    assert (row["proxy"], row["register_transport"]) == ("toronto.provider1.example:5070", "tcp")
    assert result["commands"] == [
        f"sofia profile external killgw {row['gateway_uuid']}",
        "sofia profile external rescan",
    ]
    assert result["gateways"][0]["state"] == "REGED"
    bench.unchanged(MODULE, wanted)


def test_text_for_people_does_not_disturb_the_switch(bench):
    result = bench.done(MODULE, dict(TORONTO, port=5070, description="Main trunk"))
    assert result["changed"] and result["commands"] == []


def test_a_gateway_that_is_refused_fails_the_task(bench):
    bench.control.provider("montreal.provider1.example", "wrong_password")
    wanted = dict(TORONTO, name="montreal", proxy="montreal.provider1.example")
    result = bench.run_module(MODULE, wanted)
    assert result["failed"]
    assert "montreal" in result["msg"] and "not registered" in result["msg"]
    assert result["gateways"][0]["state"] != "REGED"
    assert gateways(bench, "montreal")


def test_a_list_with_faults_is_refused_whole(bench):
    before = bench.snapshot()
    play = bench.play(
        (
            MODULE,
            {
                "domain": DOMAIN,
                "gateways": [
                    {"name": "a", "proxy": "a.provider1.example", "username": "u", "password": "p$x"},
                    {"name": "b", "register": False},
                ],
            },
        ),
        (MODULE, {"domain": DOMAIN, "name": "c", "proxy": "c.provider1.example", "username": "u"}),
        (MODULE, {"domain": DOMAIN, "name": "d", "proxy": "sip:d.provider1.example", "register": False}),
        (MODULE, {"domain": DOMAIN, "name": "e", "gateways": []}),
    )
    assert all(result["failed"] for result in play.results)
    texts = [result["msg"] for result in play.results]
    assert "gateways[0].password" in texts[0] and "gateways[1].proxy" in texts[0] and "trunk." not in texts[0]
    assert texts[1].startswith("password: ")
    assert texts[2].startswith("proxy: ")
    assert "mutually exclusive" in texts[3]
    assert bench.changed_since(before) == {}


def test_several_at_once_by_address(bench):
    wanted = {
        "domain": DOMAIN,
        "gateways": [
            {"name": "london", "proxy": "203.0.113.10", "register": False},
            {"name": "montreal", "state": "absent"},
        ],
    }
    result = bench.done(MODULE, wanted)
    assert result["created"] == ["gateway london"] and result["removed"] == ["gateway montreal"]
    assert result["gateways"][0]["state"] == "NOREG"
    assert gateways(bench, "montreal") == []
    bench.unchanged(MODULE, wanted)


def test_a_gateway_goes_from_rows_and_switch(bench):
    gone = {"domain": DOMAIN, "name": "toronto", "state": "absent"}
    before = bench.snapshot()
    assert bench.done(MODULE, gone, check=True)["removed"] == ["gateway toronto"]
    assert bench.changed_since(before) == {}
    identity = gateways(bench)[0]["gateway_uuid"]
    result = bench.done(MODULE, gone)
    assert gateways(bench) == []
    assert f"sofia profile external killgw {identity}" in result["commands"]
    assert identity not in str(bench.control.state())
    bench.unchanged(MODULE, gone)
