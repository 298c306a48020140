# SPDX-License-Identifier: GPL-3.0-or-later
"""The second provider's sandbox: owned numbers, their capacity, and whether they would ring."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.providers.didww_fixtures import JSONAPI, DidwwSandbox

DAY = 86400.0


def _trunk(didww: DidwwSandbox, name: str = "tenant-t0007") -> str:
    configuration = {
        "type": "sip_configurations",
        "attributes": {"username": "{DID}", "host": "pbx.reseller.example", "port": 5080},
    }
    made = didww.send("POST", "/voice_in_trunks", 201, {"name": name, "configuration": configuration})
    return str(made["data"]["id"])


def _change(didww: DidwwSandbox, did: dict[str, Any], status: int = 200, **given: Any) -> dict[str, Any]:
    return didww.send("PATCH", f"/dids/{did['id']}", status, given.get("attributes"), given.get("links"))


def _did(didww: DidwwSandbox, did: dict[str, Any], include: str = "order") -> dict[str, Any]:
    return dict(didww.get(f"/dids/{did['id']}", include=include)["data"])


def _linked(didww: DidwwSandbox, did: dict[str, Any], name: str) -> Any:
    return _did(didww, did, name)["relationships"][name]["data"]


def test_a_regulated_number_is_blocked_while_it_waits(didww: DidwwSandbox) -> None:
    attributes = didww.buy("Berlin")["attributes"]
    assert (attributes["awaiting_registration"], attributes["blocked"], attributes["terminated"]) == (True, True, False)
    assert didww.ring(attributes["number"])["why"] == "awaiting registration"


def test_a_number_without_channels_does_not_ring_until_it_gets_some(didww: DidwwSandbox) -> None:
    did = didww.buy("London")
    number = did["attributes"]["number"]
    _change(didww, did, links={"voice_in_trunk": ("voice_in_trunks", _trunk(didww))})
    assert didww.ring(number) == {"rings": False, "why": "the number has no channels"}
    pool = didww.id_of("/capacity_pools", filter__name="Standard")
    made = didww.send(
        "POST",
        "/shared_capacity_groups",
        201,
        {"name": "tenant-t0007", "metered_channels_count": 10},
        {"capacity_pool": ("capacity_pools", pool), "dids": [("dids", did["id"])]},
    )
    assert _linked(didww, did, "shared_capacity_group")["id"] == made["data"]["id"]
    rings = didww.ring(f"+{number}")
    assert rings["rings"] and rings["channels"] == 10
    assert rings["to"] == f"sip:{number}@pbx.reseller.example:5080"


def test_a_number_with_channels_rings_once_it_leads_somewhere(didww: DidwwSandbox) -> None:
    did = didww.buy("London", channels=2)
    assert did["attributes"]["channels_included_count"] == 2
    assert didww.ring(did["attributes"]["number"])["why"] == "the number leads to no trunk"
    trunk = _trunk(didww)
    _change(didww, did, links={"voice_in_trunk": ("voice_in_trunks", trunk)})
    assert didww.ring(did["attributes"]["number"])["rings"]
    assert didww.http.delete(f"/voice_in_trunks/{trunk}").status_code == 204
    assert didww.ring(did["attributes"]["number"])["why"] == "the number leads to no trunk"


def test_metered_numbers_need_no_channels(didww: DidwwSandbox) -> None:
    did = didww.buy("Toll-free")
    _change(didww, did, links={"voice_in_trunk": ("voice_in_trunks", _trunk(didww))})
    assert didww.ring(did["attributes"]["number"])["rings"]


def test_a_trunk_or_a_group_never_both(didww: DidwwSandbox) -> None:
    did, trunk = didww.buy("London", channels=2), _trunk(didww)
    group = didww.send(
        "POST", "/voice_in_trunk_groups", 201, {"name": "cluster-a"}, {"voice_in_trunks": [("voice_in_trunks", trunk)]}
    )
    assert group["data"]["meta"] == {"trunks_count": 1}
    both = {"voice_in_trunk": ("voice_in_trunks", trunk), "voice_in_trunk_group": ("voice_in_trunk_groups", group["data"]["id"])}
    assert len(_change(didww, did, 422, links=both)["errors"]) == 2
    _change(didww, did, links={"voice_in_trunk": both["voice_in_trunk"]})
    _change(didww, did, links={"voice_in_trunk_group": both["voice_in_trunk_group"]})
    assert _linked(didww, did, "voice_in_trunk") is None
    assert didww.ring(did["attributes"]["number"])["trunk"] == "tenant-t0007"


def test_a_relationship_that_leads_nowhere_points_at_an_attribute(didww: DidwwSandbox) -> None:
    did = didww.buy("London")
    body = _change(didww, did, 422, links={"voice_in_trunk_group": ("voice_in_trunk_groups", "nothing")})
    assert body["errors"][0]["source"] == {"pointer": "/data/attributes/voice_in_trunk_group_id"}


def test_there_is_no_delete_and_little_to_change(didww: DidwwSandbox) -> None:
    did = didww.buy("London")
    assert didww.http.delete(f"/dids/{did['id']}").status_code == 404
    assert len(_change(didww, did, 400, attributes={"number": "1", "blocked": False})["errors"]) == 2
    assert _change(didww, did, 422, attributes={"billing_cycles_count": -1})["errors"]


def test_terminated_numbers_can_be_brought_back_for_some_weeks(didww: DidwwSandbox) -> None:
    did = didww.buy("London")
    number = did["attributes"]["number"]
    assert _change(didww, did, attributes={"terminated": True})["data"]["attributes"]["terminated"] is True
    assert didww.ring(number)["why"] == "terminated"
    _change(didww, did, attributes={"terminated": False})
    didww.control.advance(20 * DAY)
    assert _did(didww, did)["attributes"]["terminated"] is False
    _change(didww, did, attributes={"terminated": True})
    didww.control.advance(34 * DAY)
    assert _did(didww, did)["attributes"]["terminated"] is True, "counted from the second time"
    didww.control.advance(2 * DAY)
    assert didww.get(f"/dids/{did['id']}", 404)["errors"]
    actions = [each["attributes"]["action"] for each in didww.get("/did_history", filter__did_number=number)["data"]]
    assert actions == ["assigned", "canceled", "restored", "canceled", "removed"]


def test_numbers_are_renewed_or_run_out(didww: DidwwSandbox) -> None:
    stays, goes = didww.buy("London"), didww.buy("London")
    _change(didww, goes, attributes={"billing_cycles_count": 0})
    before = Decimal(didww.get("/balance")["data"]["attributes"]["balance"])
    didww.control.advance(32 * DAY)
    assert didww.get(f"/dids/{goes['id']}", 404)["errors"]
    assert _did(didww, stays)["attributes"]["expires_at"] > stays["attributes"]["expires_at"]
    assert before - Decimal(didww.get("/balance")["data"]["attributes"]["balance"]) == Decimal("0.36")
    changed = didww.get("/did_history", filter__action="billing_cycles_count_changed")["data"][0]
    assert changed["meta"] == {"from": "empty", "to": "0"}


def test_an_empty_account_loses_its_numbers_calls(didww: DidwwSandbox) -> None:
    did = didww.buy("London", channels=2)
    didww.control.balance("0")
    didww.control.advance(32 * DAY)
    assert _did(didww, did)["attributes"]["blocked"] is True


def test_the_provider_may_block_a_number(didww: DidwwSandbox) -> None:
    did = didww.buy("London", channels=2)
    didww.control.call("POST", f"/numbers/{did['attributes']['number']}/block")
    assert _did(didww, did)["attributes"]["blocked"] is True
    assert len(didww.get("/dids", filter__blocked="true")["data"]) == 1
    assert didww.ring(did["attributes"]["number"])["why"] == "blocked"


def test_dedicated_channels_come_out_of_a_pool(didww: DidwwSandbox) -> None:
    did, pool = didww.buy("London"), didww.id_of("/capacity_pools", filter__name="Standard")
    body = _change(didww, did, 422, attributes={"dedicated_channels_count": 2})
    assert body["errors"][0]["detail"] == "capacity_pool - can't be blank"
    links = {"capacity_pool": ("capacity_pools", pool)}
    assert _change(didww, did, 422, attributes={"dedicated_channels_count": 11}, links=links)["errors"]
    _change(didww, did, attributes={"dedicated_channels_count": 10}, links=links)
    attributes = didww.get(f"/capacity_pools/{pool}")["data"]["attributes"]
    assert (attributes["total_channels_count"], attributes["assigned_channels_count"]) == (10, 10)
    assert didww.get("/capacity_pools", filter__has_unassigned_channels="false")["data"][0]["id"] == pool
    other = didww.buy("London")
    assert _change(didww, other, 422, attributes={"dedicated_channels_count": 1}, links=links)["errors"]


def test_channels_are_for_the_countries_of_their_pool(didww: DidwwSandbox) -> None:
    did, pool = didww.buy("Johannesburg"), didww.id_of("/capacity_pools", filter__name="Standard")
    links = {"capacity_pool": ("capacity_pools", pool), "dids": [("dids", did["id"])]}
    body = didww.send("POST", "/shared_capacity_groups", 422, {"name": "x", "metered_channels_count": 1}, links)
    assert body["errors"][0]["detail"] == "dids - is invalid"
    assert _change(didww, did, 422, links={"capacity_pool": links["capacity_pool"]})["errors"]


@pytest.mark.parametrize(
    ("attributes", "detail"),
    [
        ({"name": "x"}, "shared_channels_count - at least one channel is required"),
        ({"name": "x", "metered_channels_count": 1001}, "metered_channels_count - must be less than or equal to 1000"),
        ({"name": "x", "shared_channels_count": 11}, "shared_channels_count - is greater than the number of unassigned channels"),
        ({"name": "taken", "metered_channels_count": 1}, "name - has already been taken"),
        ({"metered_channels_count": 1}, "name - can't be blank"),
    ],
)
def test_capacity_groups_are_checked(didww: DidwwSandbox, attributes: dict[str, Any], detail: str) -> None:
    links = {"capacity_pool": ("capacity_pools", didww.id_of("/capacity_pools", filter__name="Standard"))}
    didww.send("POST", "/shared_capacity_groups", 201, {"name": "taken", "shared_channels_count": 1}, links)
    attributes = {**attributes}
    if attributes.get("shared_channels_count") == 11:
        attributes["shared_channels_count"] = 10  # one of ten is taken
    assert didww.send("POST", "/shared_capacity_groups", 422, attributes, links)["errors"][0]["detail"] == detail


def test_capacity_groups_need_a_pool_and_have_a_limit(didww: DidwwSandbox) -> None:
    body = didww.send("POST", "/shared_capacity_groups", 422, {"name": "x", "shared_channels_count": 1})
    assert body["errors"][0]["source"]["pointer"] == "/data/relationships/capacity_pool"
    didww.settings(group_limit=0)
    assert didww.send("POST", "/shared_capacity_groups", 400, {"name": "x"})["errors"][0]["title"] == "Quota limit reached"


def test_pools_can_be_made_smaller_down_to_what_is_assigned(didww: DidwwSandbox) -> None:
    pool = didww.id_of("/capacity_pools", filter__name="Standard")
    links = {"capacity_pool": ("capacity_pools", pool)}
    didww.send("POST", "/shared_capacity_groups", 201, {"name": "x", "shared_channels_count": 4}, links)
    didww.send("PATCH", f"/capacity_pools/{pool}", 422, {"total_channels_count": 3})
    didww.send("PATCH", f"/capacity_pools/{pool}", 422, {"total_channels_count": 11})
    didww.send("PATCH", f"/capacity_pools/{pool}", 200, {"total_channels_count": 4})


def test_trunks_have_a_name_of_their_own(didww: DidwwSandbox) -> None:
    trunk = _trunk(didww)
    attributes = {"name": "tenant-t0007", "configuration": {"type": "sip_configurations", "attributes": {"username": "x"}}}
    details = {error["detail"] for error in didww.send("POST", "/voice_in_trunks", 422, attributes)["errors"]}
    assert details == {"name - has already been taken", "host - can't be blank"}
    other = _trunk(didww, "tenant-t0008")
    didww.send("PATCH", f"/voice_in_trunks/{other}", 422, {"name": "tenant-t0007"})
    didww.send("PATCH", f"/voice_in_trunks/{trunk}", 200, {"name": "tenant-t0007", "capacity_limit": 4})
    assert didww.id_of("/voice_in_trunks", filter__name="tenant-t0007") == trunk


def test_changes_of_a_configuration_are_merged(didww: DidwwSandbox) -> None:
    trunk = _trunk(didww)
    change = {"configuration": {"type": "sip_configurations", "attributes": {"port": 5081}}}
    attributes = didww.send("PATCH", f"/voice_in_trunks/{trunk}", 200, change)["data"]["attributes"]["configuration"][
        "attributes"
    ]
    assert (attributes["host"], attributes["port"], attributes["codec_ids"]) == ("pbx.reseller.example", 5081, [9, 10])


def test_a_trunk_that_registers_has_no_host_and_gets_credentials(didww: DidwwSandbox) -> None:
    trunk = _trunk(didww)
    sip: dict[str, Any] = {"enabled_sip_registration": True}
    change = {"configuration": {"type": "sip_configurations", "attributes": sip}}
    assert len(didww.send("PATCH", f"/voice_in_trunks/{trunk}", 422, change)["errors"]) == 3
    sip.update(host=None, port=None, use_did_in_ruri=True)
    made = didww.send("PATCH", f"/voice_in_trunks/{trunk}", 200, change)["data"]["attributes"]["configuration"]["attributes"]
    assert made["incoming_auth_username"].startswith("reg-") and made["incoming_auth_password"]
    sip.update(incoming_auth_username=made["incoming_auth_username"], incoming_auth_password=made["incoming_auth_password"])
    assert len(didww.send("PATCH", f"/voice_in_trunks/{trunk}", 400, change)["errors"]) == 2


def _out(didww: DidwwSandbox, status: int = 201, **given: Any) -> dict[str, Any]:
    method = {"type": "credentials_and_ip", "attributes": {"allowed_sip_ips": ["203.0.113.10"]}}
    attributes = {"name": "tenant-t0007", "on_cli_mismatch_action": "reject_call", "authentication_method": method}
    return didww.send("POST", "/voice_out_trunks", status, {**attributes, **given.get("attributes", {})}, given.get("links"))


def test_trunks_out_come_with_credentials_and_a_limit(didww: DidwwSandbox) -> None:
    made = _out(didww)["data"]
    assert made["attributes"]["threshold_amount"] == "3000.0"
    assert made["meta"] == {"spent_amount": "0.0"}
    method = made["attributes"]["authentication_method"]["attributes"]
    assert method["allowed_sip_ips"] == ["203.0.113.10/32"] and method["username"] and method["password"]
    no_addresses = {"authentication_method": {"type": "credentials_and_ip", "attributes": {}}, "name": "other"}
    pointer = "/data/attributes/authentication_method"
    assert _out(didww, 422, attributes=no_addresses)["errors"][0]["source"]["pointer"] == pointer
    by_address = {"authentication_method": {"type": "ip_only", "attributes": {"allowed_sip_ips": ["203.0.113.10"]}}, "name": "o"}
    assert _out(didww, 422, attributes=by_address)["errors"][0]["title"] == "is not allowed for creation"
    assert _out(didww, 422)["errors"][0]["detail"] == "name - has already been taken"


def test_the_server_alone_makes_credentials(didww: DidwwSandbox) -> None:
    made = _out(didww)["data"]
    method = made["attributes"]["authentication_method"]
    echoed = didww.send("PATCH", f"/voice_out_trunks/{made['id']}", 200, {"authentication_method": method})
    assert echoed["data"]["attributes"]["authentication_method"] == method
    wanted = {"type": method["type"], "attributes": {**method["attributes"], "password": "mine"}}
    didww.send("PATCH", f"/voice_out_trunks/{made['id']}", 400, {"authentication_method": wanted})


def _dial(didww: DidwwSandbox, trunk: dict[str, Any], cli: str, address: str = "203.0.113.10") -> str:
    method = trunk["attributes"]["authentication_method"]["attributes"]
    given = {"username": method["username"], "password": method["password"], "address": address, "cli": cli}
    return str(didww.control.call("GET", "/dial", **given)["why"])


def test_new_credentials_replace_the_old_ones_at_once(didww: DidwwSandbox) -> None:
    did = didww.buy("London")
    made = _out(didww, links={"dids": [("dids", did["id"])]})["data"]
    number = did["attributes"]["number"]
    assert _dial(didww, made, number) == ""
    assert _dial(didww, made, number, "203.0.113.11") == "the address is not allowed"
    assert _dial(didww, made, "442079460999") == "the caller's number is not allowed"
    path = "/voice_out_trunk_regenerate_credentials"
    answer = didww.send("POST", path, 201, None, {"voice_out_trunk": ("voice_out_trunks", made["id"])})
    assert set(answer["data"]) == {"id", "type"}
    assert _dial(didww, made, number) == "wrong user name or password"
    assert _dial(didww, didww.get(f"/voice_out_trunks/{made['id']}")["data"], number) == ""


def test_a_trunk_is_blocked_when_too_much_is_spent(didww: DidwwSandbox) -> None:
    did = didww.buy("London")
    made = _out(didww, attributes={"threshold_amount": "50"}, links={"dids": [("dids", did["id"])]})["data"]
    didww.control.call("POST", f"/trunks/{made['id']}/spend", amount="50.5")
    trunk = didww.get(f"/voice_out_trunks/{made['id']}")["data"]
    assert (trunk["attributes"]["status"], trunk["attributes"]["threshold_reached"]) == ("blocked", True)
    assert trunk["meta"] == {"spent_amount": "50.5"}
    assert _dial(didww, made, did["attributes"]["number"]) == "the trunk is blocked"


def test_numbers_that_cannot_call_out_may_be_no_caller_ids(didww: DidwwSandbox) -> None:
    did = didww.buy("Toll-free")
    assert _out(didww, attributes={"name": "free"}, links={"dids": [("dids", did["id"])]})["data"]
    didww.settings(caller_ids="voice_out")
    assert _out(didww, 422, links={"dids": [("dids", did["id"])]})["errors"][0]["detail"] == "dids - is invalid"


def test_an_account_may_not_be_allowed_to_call_out(didww: DidwwSandbox) -> None:
    didww.settings(voice_out=False)
    assert _out(didww, 403)["errors"][0]["status"] == "403"
    assert didww.get("/voice_out_trunks", 403)["errors"]
    assert didww.http.get("/voice_in_trunks", headers={"Accept": JSONAPI}).status_code == 200
