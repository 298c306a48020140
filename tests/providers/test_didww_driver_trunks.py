# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: F811 - fixtures are imported and then named as parameters
"""The second driver against the second provider's sandbox: trunks, capacity and routes."""

from __future__ import annotations

import dataclasses

import pytest
from voipbox.providers import errors
from voipbox.providers.didww.driver import Didww
from voipbox.providers.records import CapacityKind
from voipbox_lab.providers.control import SandboxControl

from .didww_driver_lab import TRUNK, buy, control, driver, no_budget, offers, open_driver, url  # noqa: F401 - fixtures too
from .test_didww_driver_client import REFUSALS


def test_a_trunk_is_made_once_and_brought_to_what_is_wanted(driver: Didww, control: SandboxControl) -> None:
    trunk = driver.ensure_trunk(TRUNK)
    assert trunk.username and trunk.password and set(trunk.ids) == {"inbound", "outbound"}
    control.clear_journal()
    assert driver.ensure_trunk(TRUNK) == trunk
    assert not [call for call in control.calls() if not call["name"].startswith("GET")]
    moved = dataclasses.replace(TRUNK, pbx_host="pbx2.reseller.example", pbx_addresses=("203.0.113.11",), channels=4)
    assert driver.ensure_trunk(moved) == trunk
    control.clear_journal()
    assert driver.ensure_trunk(moved) == trunk
    assert not [call for call in control.calls() if not call["name"].startswith("GET")]
    assert driver.registered(trunk) is None
    assert driver.addresses() == ("198.51.100.0/24",)


def test_a_trunk_that_is_not_whole_is_refused_with_its_fields(driver: Didww, control: SandboxControl) -> None:
    with pytest.raises(errors.BadRequest) as caught:
        driver.ensure_trunk(dataclasses.replace(TRUNK, pbx_addresses=(), pbx_host=""))
    assert [fault.field for fault in caught.value.faults] == ["pbx_addresses", "pbx_host"]
    with pytest.raises(errors.BadRequest):
        driver.ensure_trunk(dataclasses.replace(TRUNK, pbx_addresses=("203.0.113.300",)))
    assert control.calls() == []


def test_outbound_trunks_may_have_to_be_switched_on(driver: Didww, control: SandboxControl) -> None:
    control.call("POST", "/settings", voice_out=False)
    try:
        driver.ensure_trunk(TRUNK)
    except errors.AccessDenied as error:
        assert "switched on" in str(error)
    else:
        control.fault("refuse", "*voice_out_trunks*", status=403, code="403", title="Forbidden")
        with pytest.raises(errors.AccessDenied, match="switched on"):
            driver.ensure_trunk(TRUNK)


@pytest.mark.parametrize("match", ["POST /voice_in_trunks", "POST /voice_out_trunks"])
def test_a_trunk_whose_answer_was_lost_is_found_again(driver: Didww, control: SandboxControl, match: str) -> None:
    control.fault("commit_then_drop", match)
    with pytest.raises(errors.Unconfirmed):
        driver.ensure_trunk(TRUNK)
    trunk = driver.ensure_trunk(TRUNK)
    assert trunk.password
    assert len([call for call in control.calls() if call["name"] == match]) == 1


def test_a_number_rings_and_calls_out_only_through_its_trunk(driver: Didww, control: SandboxControl) -> None:
    number = buy(driver, offers(driver, "CA", "Toronto")[0])
    trunk = driver.ensure_trunk(TRUNK)
    digits = number.removeprefix("+")
    assert not control.call("GET", "/ring", number=digits)["rings"]
    driver.route(number, trunk)
    assert control.call("GET", "/ring", number=digits)["rings"], control.call("GET", "/ring", number=digits)
    call = {"username": trunk.username, "password": trunk.password, "address": "203.0.113.10", "cli": digits}
    assert control.call("GET", "/dial", **call)["placed"], control.call("GET", "/dial", **call)
    assert not control.call("GET", "/dial", **{**call, "address": "192.0.2.1"})["placed"]
    assert not control.call("GET", "/dial", **{**call, "cli": "14165550199"})["placed"]  # a caller id that is not ours
    control.clear_journal()
    driver.route(number, trunk)
    assert not [call for call in control.calls() if not call["name"].startswith("GET")]
    assert trunk.password not in repr(trunk) and trunk.password not in repr(control.calls())
    found = driver.number(number)
    assert found is not None and found.route == "t0007"
    with pytest.raises(errors.NotFound):
        driver.route("+14165559999", trunk)


def test_a_number_with_channels_needs_no_group_and_dedicated_ones_come_from_a_pool(
    url: str, driver: Didww, control: SandboxControl
) -> None:
    trunk = driver.ensure_trunk(TRUNK)
    unlimited = buy(driver, offers(driver, "CA", "Toronto")[0], "vb-1-a", CapacityKind.UNLIMITED)
    control.clear_journal()
    driver.route(unlimited, trunk)
    assert not [call for call in control.calls() if "capacity" in call["name"]]
    plain = buy(driver, offers(driver, "CA", "Toronto")[0], "vb-2-a")
    with open_driver(url, capacity="dedicated", dedicated_channels="1000") as greedy, pytest.raises(errors.AccountLimit):
        greedy.route(plain, trunk)
    with open_driver(url, capacity="dedicated", dedicated_channels="1") as modest:
        modest.route(plain, trunk)
    assert control.call("GET", "/ring", number=plain.removeprefix("+"))["rings"]


def test_a_number_that_is_metered_by_itself_needs_nothing(driver: Didww, control: SandboxControl) -> None:
    free = next(each for each in offers(driver, "GB", pattern="808*", limit=500))
    number = buy(driver, free)
    driver.route(number, driver.ensure_trunk(TRUNK))
    assert control.call("GET", "/ring", number=number.removeprefix("+"))["rings"]
    assert not [call for call in control.calls() if "capacity_group" in call["name"]]


def test_a_number_that_was_given_back_does_not_stand_in_the_way_of_the_next(driver: Didww, control: SandboxControl) -> None:
    trunk = driver.ensure_trunk(TRUNK)
    for index in (1, 2):
        number = buy(driver, offers(driver, "CA", "Toronto")[0], f"vb-{index}-a")
        driver.route(number, trunk)
        driver.release(number)
    last = buy(driver, offers(driver, "CA", "Toronto")[0], "vb-3-a")
    driver.route(last, driver.rekey_trunk(TRUNK, trunk))
    assert control.call("GET", "/ring", number=last.removeprefix("+"))["rings"]


def test_numbers_may_share_one_capacity_group(url: str, driver: Didww, control: SandboxControl) -> None:
    with open_driver(url, capacity_group="all-tenants") as sharing:
        for index in (1, 2):
            number = buy(sharing, offers(sharing, "CA", "Toronto")[0], f"vb-{index}-a")
            sharing.route(number, sharing.ensure_trunk(dataclasses.replace(TRUNK, name=f"t000{index}")))
    assert len([call for call in control.calls() if call["name"] == "POST /shared_capacity_groups"]) == 1


def test_a_new_key_is_a_second_trunk_until_the_old_one_is_dropped(driver: Didww, control: SandboxControl) -> None:
    number = buy(driver, offers(driver, "CA", "Toronto")[0])
    old = driver.ensure_trunk(TRUNK)
    driver.route(number, old)
    new = driver.rekey_trunk(TRUNK, old)
    assert new.name != old.name and new.username != old.username and new.ids["outbound"] != old.ids["outbound"]
    assert driver.rekey_trunk(TRUNK, old) == new
    assert driver.ensure_trunk(TRUNK) == old  # the old one works as before
    with pytest.raises(errors.Conflict, match=number.replace("+", r"\+")):
        driver.drop_trunk(old)
    driver.route(number, new)
    driver.drop_trunk(old)
    driver.drop_trunk(old)
    assert control.call("GET", "/ring", number=number.removeprefix("+"))["rings"]
    third = driver.rekey_trunk(TRUNK, new)
    assert third.name == "t0007"
    driver.release(number)
    driver.drop_trunk(new)


@pytest.mark.parametrize(("status", "error", "kind", "code"), [each for each in REFUSALS if each[0] != 429])
def test_each_documented_refusal_over_http(
    driver: Didww, control: SandboxControl, status: int, error: dict[str, str], kind: type[errors.ProviderError], code: str
) -> None:
    given = {**error, "status": status, "code": error.get("code", code)}
    for match in ("GET /voice_in_trunks", "POST /voice_in_trunks"):
        control.fault("refuse", match, **given)
        with pytest.raises(kind) as caught:
            driver.ensure_trunk(TRUNK)
        assert caught.value.code == given["code"]
        assert error.get("detail", error["title"]).rstrip(".") in caught.value.sentence
    assert driver.ensure_trunk(TRUNK).password
