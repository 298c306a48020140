"""Whatever the first provider answers, the driver returns something or raises an error of its own."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from voipbox.providers.errors import ProviderError
from voipbox.providers.protocol import LocationKind, Search, Trunk

from tests.providers.voipms_fixtures import TORONTO, VoipMsLab, trunk_wanted, wanted

SINCE = datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC)
TRUNK = Trunk("t0007", "100001_t0007", {"account": "100001_t0007"})
ACTS: dict[str, Callable[[Any], Any]] = {
    "balance": lambda driver: driver.balance(),
    "check": lambda driver: driver.check(),
    "countries": lambda driver: driver.locations(LocationKind.REGION, "CA"),
    "cities": lambda driver: driver.locations(LocationKind.CITY, "CA-ON"),
    "search": lambda driver: driver.search(Search("CA", "CA-ON")),
    "quote": lambda driver: driver.quote(wanted().offer, wanted().capacity),
    "purchase": lambda driver: driver.purchase(wanted()),
    "find_purchase": lambda driver: driver.find_purchase("vb-1", TORONTO),
    "numbers": lambda driver: driver.numbers(),
    "number": lambda driver: driver.number(TORONTO),
    "route": lambda driver: driver.route(TORONTO, TRUNK),
    "release": lambda driver: driver.release(TORONTO),
    "ensure_trunk": lambda driver: driver.ensure_trunk(trunk_wanted("t0007")),
    "drop_trunk": lambda driver: driver.drop_trunk(TRUNK),
    "registered": lambda driver: driver.registered(TRUNK),
    "addresses": lambda driver: driver.addresses(),
    "usage": lambda driver: list(driver.usage(SINCE, SINCE + datetime.timedelta(days=30))),
}
KEYS = (
    "balance", "servers", "provinces", "ratecenters", "dids", "accounts", "cdr", "transactions", "device_types",
    "registered", "ip",
)  # fmt: skip
FIELDS = (
    "did", "note", "pop", "routing", "order_date", "ratecenter", "province", "available", "perminute_monthly",
    "perminute_setup", "perminute_minute", "flat_monthly", "flat_setup", "sms", "server_pop", "server_hostname", "server_ip",
    "server_recommended", "account", "id", "password", "sip_traffic", "record_calls", "pop_restriction", "date", "uniqueid",
    "type", "ammount", "seconds", "total", "callerid", "destination", "destination_type", "current_balance", "description",
    "value", "device_type",
)  # fmt: skip
SCALARS = st.one_of(
    st.sampled_from(
        ["4165550100", 4165550100, "45", "vb-1", "100001_t0007", "account:100001_t0007", "toronto.provider1.example", "-1",
         "yes", "0000-00-00", "2026-11-20 10:00:00", "9999-12-31 23:59:59", "0001-01-01 00:00:00", "1e999999", "-1e-999999",
         "0.85", "IN", "DID4165550100", "Gateway", "198.51.100.50", "NaN", ""]
    ),
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.lists(st.integers(), max_size=2),
)  # fmt: skip
ROWS = st.dictionaries(st.sampled_from(FIELDS), SCALARS, max_size=20)
LISTS = st.one_of(st.lists(ROWS, max_size=3), ROWS, st.dictionaries(st.sampled_from("012"), ROWS, max_size=3), SCALARS)
STATUS = st.one_of(st.just("success"), st.sampled_from(["no_did", "used_username", "order_failed", "odd", ""]), SCALARS)
BODIES = st.builds(
    lambda status, content: {"status": status, **content}, STATUS, st.dictionaries(st.sampled_from(KEYS), LISTS, max_size=6)
)
ANSWERS = st.one_of(
    st.tuples(st.just(200), BODIES.map(lambda body: json.dumps(body).encode())),
    st.tuples(st.sampled_from([200, 204, 301, 403, 502]), st.binary(max_size=40)),
)


@pytest.mark.parametrize("name", ACTS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers=st.lists(ANSWERS, min_size=1, max_size=4))
def test_no_answer_makes_it_fall(voipms: VoipMsLab, name: str, answers: list[tuple[int, bytes]]) -> None:
    from voipbox.providers.voipms.client import Client
    from voipbox.providers.voipms.driver import VoipMs

    calls = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal calls
        status, content = answers[calls % len(answers)]
        calls += 1
        return httpx.Response(status, content=content, headers={"content-type": "application/json"})

    transport = httpx.MockTransport(answer)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "_open", lambda *_, **__: httpx.Client(transport=transport))
        with VoipMs(voipms.account()) as driver:
            try:
                ACTS[name](driver)
            except ProviderError as error:
                assert str(error) and error.sentence
            assert calls


def test_an_answer_that_is_nested_without_end_is_none(voipms: VoipMsLab) -> None:
    voipms.control.fault("answer", "getBalance", body="[" * 100_000)
    with voipms.driver() as driver, pytest.raises(ProviderError):
        driver.balance()
