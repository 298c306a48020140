"""Sub-accounts, routes and points of presence at the first provider."""

from __future__ import annotations

import dataclasses
import datetime
import re
from typing import Any

import pytest
from voipbox.core import clock
from voipbox.providers import errors
from voipbox.providers.records import Trunk

from tests.providers.voipms_fixtures import PBX, SIP_PASSWORD, TORONTO, VoipMsLab, trunk_wanted, wanted

WRITES = ("createSubAccount", "setSubAccount", "delSubAccount", "setDIDRouting", "setDIDPOP")


def writes(voipms: VoipMsLab) -> list[str]:
    return [name for name in voipms.names() if name in WRITES]


def test_a_trunk_is_closed_to_international_calls_and_foreign_addresses(voipms: VoipMsLab) -> None:
    with voipms.driver() as driver:
        trunk = driver.ensure_trunk(trunk_wanted("t0007"))
    assert trunk.username == "100001_t0007" and trunk.password == SIP_PASSWORD
    row = voipms.subs()["100001_t0007"]
    assert trunk.ids == {"account": "100001_t0007", "id": row["id"]}
    assert (row["lock_international"], row["international_route"], row["music_on_hold"]) == ("1", "1", "default")
    assert (row["enable_ip_restriction"], row["ip_restriction"]) == (True, PBX)
    assert (row["protocol"], row["auth_type"], row["device_type"], row["dialing_mode"]) == ("1", "1", "1", "2")
    assert row["sip_traffic"] is False


def test_the_device_type_of_a_pbx_is_read_and_not_assumed(voipms: VoipMsLab) -> None:
    """Sources disagree about its number."""
    kinds = [
        {"value": "1", "description": "ATA device, IP Phone or Softphone"},
        {"value": 2, "description": "Asterisk, IP PBX, Gateway"},
    ]
    voipms.control.fault("answer", "getDeviceTypes", body={"status": "success", "device_types": kinds})
    with voipms.driver() as driver:
        driver.ensure_trunk(trunk_wanted("t0007"))
        driver.ensure_trunk(trunk_wanted("t0008"))
    assert [sub["device_type"] for sub in voipms.subs().values()] == ["2", "2"]
    assert len(voipms.called("getDeviceTypes")) == 1, "remembered"
    with voipms.driver(device_type="1") as driver:
        driver.ensure_trunk(trunk_wanted("t0009"))
    assert voipms.subs()["100001_t0009"]["device_type"] == "1"


def test_a_second_time_writes_nothing(voipms: VoipMsLab) -> None:
    for shape in (
        {},
        {"scalars": "numbers", "flags": "words"},
        {"one_as_object": True, "flags": "letters", "scalars": "strings"},
    ):
        voipms.settings(**shape)
        with voipms.driver() as driver:
            first = driver.ensure_trunk(trunk_wanted())
            before = writes(voipms)
            assert driver.ensure_trunk(trunk_wanted()) == first
        assert writes(voipms) == before
    assert writes(voipms) == ["createSubAccount"]


def test_what_differs_is_corrected_and_what_people_set_stays(voipms: VoipMsLab) -> None:
    with voipms.driver() as driver:
        first = driver.ensure_trunk(trunk_wanted("t0007"))
        form = voipms.called("createSubAccount")[0]["details"]
        changed = {**{k: v for k, v in form.items() if k != "_transport"}, "lock_international": "0", "record_calls": "1"}
        voipms.settings(old_passwords="take")
        driver._client.write("setSubAccount", {**changed, "id": first.ids["id"], "password": "Other-Pass-77"})
        voipms.settings(old_passwords="refuse")
        with pytest.raises(errors.PasswordUsed):
            driver.ensure_trunk(trunk_wanted("t0007"))
        voipms.settings(old_passwords="take")
        assert driver.ensure_trunk(trunk_wanted("t0007")) == first
    row = voipms.subs()["100001_t0007"]
    assert row["lock_international"] == "1" and row["record_calls"] is True
    assert voipms.register(first) == "", "the password is ours again"


def test_a_new_address_or_password_is_set(voipms: VoipMsLab) -> None:
    with voipms.driver() as driver:
        driver.ensure_trunk(trunk_wanted("t0007"))
        trunk = driver.ensure_trunk(
            trunk_wanted("t0007", pbx_addresses=("198.51.100.7/32", "198.51.100.16/28"), password="Next-Pass-88")
        )
        assert trunk.password == "Next-Pass-88"
    assert set(voipms.subs()["100001_t0007"]["ip_restriction"].split(",")) == {"198.51.100.7", "198.51.100.16/28"}
    assert voipms.register(trunk, address="198.51.100.20") == ""
    assert "not among the addresses" in voipms.register(trunk, address=PBX)


@pytest.mark.parametrize("kind", ["commit_then_drop", "commit_then_delay", "commit_then_html", "commit_then_garble"])
def test_a_trunk_whose_answer_was_lost_is_read_back(fast_voipms: VoipMsLab, kind: str) -> None:
    fast_voipms.control.fault(kind, "createSubAccount", **({"seconds": 3} if kind == "commit_then_delay" else {}))
    with fast_voipms.driver() as driver:
        trunk = driver.ensure_trunk(trunk_wanted())
    assert list(fast_voipms.subs()) == [trunk.username] and trunk.ids["id"] and trunk.password == SIP_PASSWORD
    assert fast_voipms.register(trunk) == ""


def test_a_trunk_that_somebody_made_meanwhile_is_taken(voipms: VoipMsLab) -> None:
    voipms.control.fault("commit_then_answer", "createSubAccount", body={"status": "used_username"})
    with voipms.driver() as driver:
        trunk = driver.ensure_trunk(trunk_wanted())
    assert list(voipms.subs()) == [trunk.username]


def test_a_trunk_that_was_not_made_comes_with_the_next_try(voipms: VoipMsLab) -> None:
    voipms.control.fault("html", "createSubAccount", status=522)
    with voipms.driver() as driver:
        with pytest.raises(errors.Unconfirmed, match="Read back: it is not done yet"):
            driver.ensure_trunk(trunk_wanted())
        assert driver.ensure_trunk(trunk_wanted()).username in voipms.subs()


@pytest.mark.parametrize("password", ["password", "short1A", "alllowercase1", "ALLUPPER1", "NoDigitsHere", "Bad^Sign1"])
def test_a_password_that_the_provider_refuses(voipms: VoipMsLab, password: str) -> None:
    with voipms.driver() as driver, pytest.raises(errors.BadRequest) as raised:
        driver.ensure_trunk(trunk_wanted(password=password))
    assert raised.value.faults[0].field.startswith("password")
    assert voipms.subs() == {}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"password": ""}, "password"),
        ({"name": "Has Space"}, "name"),
        ({"name": "-"}, "name"),
        ({"pbx_addresses": ("pbx",)}, "pbx_addresses"),
    ],
)
def test_a_trunk_that_makes_no_sense_is_refused_by_name(voipms: VoipMsLab, changes: dict[str, Any], field: str) -> None:
    with voipms.driver() as driver, pytest.raises(errors.BadRequest) as raised:
        driver.ensure_trunk(trunk_wanted(**{"name": "acme", **changes}))
    assert [fault.field for fault in raised.value.faults] == [field]
    assert voipms.names() == []


def test_names_of_sub_accounts_are_short_plain_and_different() -> None:
    from voipbox.providers.voipms.trunks import user_name

    assert user_name("t0007") == "t0007"
    names = ["acme-1", "acme1", "a-cme1", "acme-10", "acme--1", "x" * 32, "x" * 31, "acme-example-com", "acme-example-org"]
    users = [user_name(name) for name in names]
    assert len(set(users)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9]{1,12}", user) for user in users)
    assert users == [user_name(name) for name in names], "stable"


def test_a_number_is_routed_to_the_trunk_at_the_gateways_pop(voipms: VoipMsLab) -> None:
    with voipms.driver() as driver:
        driver.purchase(wanted())
        trunk = driver.ensure_trunk(trunk_wanted())
        driver._client.write("setDIDPOP", {"did": "4165550100", "pop": "99"})
        assert [number.number for number in driver.misplaced()] == [TORONTO]
        assert voipms.register(trunk) == ""
        driver.route(TORONTO, trunk)
        assert driver.misplaced() == []
        before = writes(voipms)
        driver.route(TORONTO, trunk)
        assert writes(voipms) == before, "a second time writes nothing"
        assert driver.registered(trunk) is True
    assert voipms.would_ring() == {"rings": True, "why": ""}


def test_a_wrong_pop_rings_nowhere_and_is_seen_by_nobody_else(voipms: VoipMsLab) -> None:
    """The provider reports nothing: this is why the invariant has its own check."""
    with voipms.driver() as driver:
        driver.purchase(wanted())
        trunk = driver.ensure_trunk(trunk_wanted())
        driver.route(TORONTO, trunk)
    assert voipms.register(trunk, "toronto2.provider1.example") == ""
    assert "the number is at POP 45, the gateway at POP 99" in voipms.would_ring()["why"]


@pytest.mark.parametrize(
    ("pop", "proxy", "cause"),
    [
        ("45", "toronto2.provider1.example", "that one is POP 99"),
        ("45", "pbx.example.com", "the host of POP 45 is toronto.provider1.example"),
        ("46", "toronto.provider1.example", "the provider has no POP 46"),
    ],
)
def test_a_gateway_at_another_pop_is_refused_before_anything_is_routed(
    voipms: VoipMsLab, pop: str, proxy: str, cause: str
) -> None:
    with voipms.driver() as driver:
        driver.purchase(wanted())
        trunk = driver.ensure_trunk(trunk_wanted())
    with voipms.driver(pop=pop, gateway_proxy=proxy) as driver:
        with pytest.raises(errors.BadRequest, match=cause) as raised:
            driver.route(TORONTO, trunk)
        checked = driver.check()
    assert [fault.field for fault in raised.value.faults] == ["pop"]
    assert not checked.good and cause in checked.says
    assert voipms.owned()[TORONTO]["routing"] == "none:"


@pytest.mark.parametrize(
    ("pop", "proxy"),
    [("45", "toronto1.provider1.example"), ("45", "TORONTO.provider1.example."), ("11", "montreal.provider1.example")],
)
def test_a_citys_name_without_a_number_is_its_first_server(voipms: VoipMsLab, pop: str, proxy: str) -> None:
    with voipms.driver(pop=pop, gateway_proxy=proxy) as driver:
        assert driver.check().good


@pytest.mark.parametrize("method", ["setDIDRouting", "setDIDPOP"])
def test_a_route_whose_answer_was_lost(fast_voipms: VoipMsLab, method: str) -> None:
    with fast_voipms.driver() as driver:
        driver.purchase(wanted())
        driver._client.write("setDIDPOP", {"did": "4165550100", "pop": "99"})
        trunk = driver.ensure_trunk(trunk_wanted())
        fast_voipms.control.fault("drop", method)
        with pytest.raises(errors.Unconfirmed):
            driver.route(TORONTO, trunk)
        fast_voipms.control.fault("commit_then_drop", method)
        driver.route(TORONTO, trunk)
    row = fast_voipms.owned()[TORONTO]
    assert (row["routing"], row["pop"]) == (f"account:{trunk.username}", "45")


def test_a_route_that_the_provider_claims_and_does_not_make_is_a_conflict(voipms: VoipMsLab) -> None:
    with voipms.driver() as driver:
        driver.purchase(wanted())
        trunk = driver.ensure_trunk(trunk_wanted())
        voipms.control.fault("answer", "setDIDRouting", body={"status": "success"})
        with pytest.raises(errors.Conflict, match="it leads to none: at POP 45"):
            driver.route(TORONTO, trunk)


def test_only_our_number_to_only_our_trunk(voipms: VoipMsLab) -> None:
    with voipms.driver() as driver:
        trunk = driver.ensure_trunk(trunk_wanted())
        with pytest.raises(errors.NotFound):
            driver.route(TORONTO, trunk)
        with pytest.raises(errors.BadRequest):
            driver.route(TORONTO, Trunk("acme", "200002_acme", {}))


def test_a_rekeyed_trunk_never_leaves_the_number_without_one(voipms: VoipMsLab) -> None:
    with voipms.driver() as driver:
        driver.purchase(wanted())
        old = driver.ensure_trunk(trunk_wanted("acme-1"))
        assert voipms.register(old) == ""
        driver.route(TORONTO, old)
        new = driver.rekey_trunk(trunk_wanted("acme-2", password="Second-Pass-2"), old)
        assert driver.rekey_trunk(trunk_wanted("acme-2", password="Second-Pass-2"), old) == new
        assert voipms.would_ring()["rings"], "by the old one"
        with pytest.raises(errors.Conflict):
            driver.drop_trunk(old)
        assert driver.registered(new) is False
        assert voipms.register(new) == ""
        driver.route(TORONTO, new)
        assert voipms.would_ring()["rings"], "by the new one"
        driver.drop_trunk(old)
        driver.drop_trunk(old)
        assert voipms.would_ring()["rings"]
    assert list(voipms.subs()) == [new.username]


def test_a_second_trunk_needs_a_name_of_its_own(voipms: VoipMsLab) -> None:
    with voipms.driver() as driver:
        old = driver.ensure_trunk(trunk_wanted())
        with pytest.raises(errors.BadRequest) as raised:
            driver.rekey_trunk(trunk_wanted(password="Second-Pass-2"), old)
    assert [fault.field for fault in raised.value.faults] == ["name"]
    assert voipms.register(old) == "", "the old password still holds"


def test_a_delete_may_answer_with_nothing_at_all(voipms: VoipMsLab) -> None:
    voipms.settings(empty_deletes=True)
    with voipms.driver() as driver:
        trunk = driver.ensure_trunk(trunk_wanted())
        driver.drop_trunk(trunk)
        assert voipms.subs() == {}
        trunk = driver.ensure_trunk(trunk_wanted(password="Second-Pass-2"))
        voipms.control.fault("answer", "delSubAccount", body="")
        with pytest.raises(errors.Temporary, match="still lists it"):
            driver.drop_trunk(trunk)


def test_where_calls_come_from(voipms: VoipMsLab) -> None:
    with voipms.driver() as driver:
        addresses = driver.addresses()
    assert "198.51.100.50/32" in addresses and len(addresses) == len(set(addresses)) == 9


# A creation whose answer was lost and that lands later.


def _late(voipms: VoipMsLab, seconds: float = 60) -> None:
    voipms.control.fault("land_late", "createSubAccount", seconds=seconds)


def _sub_accounts(voipms: VoipMsLab) -> list[dict[str, Any]]:
    return list(voipms.control.call("GET", "/sub_accounts"))


def test_a_trunk_that_may_still_come_is_not_asked_for_again(voipms: VoipMsLab) -> None:
    asked: list[datetime.datetime] = []
    wish = trunk_wanted(on_asking=lambda: asked.append(clock.now()))
    _late(voipms)
    with voipms.driver() as driver:
        with pytest.raises(errors.Unconfirmed, match="not done yet"):
            driver.ensure_trunk(wish)
        assert len(asked) == 1
        wish = dataclasses.replace(wish, asked_at=asked[0])
        with pytest.raises(errors.Unconfirmed, match="it may still come"):
            driver.ensure_trunk(wish)
        assert len(voipms.called("createSubAccount")) == 1
        voipms.control.advance(61)
        trunk = driver.ensure_trunk(wish)
    assert len(_sub_accounts(voipms)) == len(voipms.called("createSubAccount")) == 1
    assert voipms.register(trunk) == ""


def test_its_password_is_refused_as_used_after_it_counts_as_lost(voipms: VoipMsLab) -> None:
    _late(voipms, 3600)
    with voipms.driver() as driver:
        with pytest.raises(errors.Unconfirmed):
            driver.ensure_trunk(trunk_wanted())
        with pytest.raises(errors.PasswordUsed):
            driver.ensure_trunk(trunk_wanted(asked_at=clock.now() - datetime.timedelta(hours=1)))
    assert _sub_accounts(voipms) == []


def _twins(voipms: VoipMsLab, driver: Any) -> Any:
    """Two sub-accounts of one login, the first with a password that is not wanted any more; returns what is wanted."""
    _late(voipms)
    with pytest.raises(errors.Unconfirmed):
        driver.ensure_trunk(trunk_wanted())
    wish = trunk_wanted(password="Second-Pass-2")
    driver.ensure_trunk(wish)
    voipms.control.advance(61)
    assert len(_sub_accounts(voipms)) == 2
    return wish


def test_of_twins_the_one_with_the_wanted_password_stays(voipms: VoipMsLab) -> None:
    with voipms.driver() as driver:
        wish = _twins(voipms, driver)
        trunk = driver.ensure_trunk(wish)
        (left,) = _sub_accounts(voipms)
        assert left["id"] == trunk.ids["id"] and voipms.register(trunk) == ""
        before = writes(voipms)
        assert driver.leave_one(wish) == trunk.username
        assert writes(voipms) == before


@pytest.mark.parametrize("trouble", ["refused", "foreign"])
def test_twins_of_which_none_can_go_are_named_both(voipms: VoipMsLab, trouble: str) -> None:
    with voipms.driver() as driver:
        wish = _twins(voipms, driver)
        ids, login = {one["id"] for one in _sub_accounts(voipms)}, _sub_accounts(voipms)[0]["account"]
        if trouble == "refused":
            voipms.control.fault("refuse", "delSubAccount", code="account_with_dids", times=None)
        else:
            voipms.control.fault("answer", "getSubAccounts", times=None, body={"status": "success", "accounts": [
                {"id": number, "account": login, "description": words, "password": "Other-Pass-77"}
                for number, words in zip(sorted(ids), ("somebody's own", "acme-1 Acme"), strict=True)
            ]})  # fmt: skip
        for act in (driver.ensure_trunk, driver.leave_one):
            with pytest.raises(errors.Twins) as raised:
                act(wish)
            assert set(raised.value.ids) == ids and all(number in str(raised.value) for number in ids)
            assert "Pass" not in str(raised.value)
        voipms.control.clear_faults()
        assert len(_sub_accounts(voipms)) == 2


def test_both_twins_go_when_the_trunk_is_dropped(voipms: VoipMsLab) -> None:
    with voipms.driver() as driver:
        _twins(voipms, driver)
        driver.drop_trunk(Trunk("acme-1", _sub_accounts(voipms)[0]["account"], {}))
    assert _sub_accounts(voipms) == []
