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
from voipbox.providers.records import LocationKind, Search, Trunk

from tests.providers.test_voipms_examples import CALL, CANADIAN, FEE, OWNED, SERVERS, SUB
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
SCALARS = st.one_of(
    st.sampled_from(
        ["4165550100", 4165550100, "45", "vb-1", "100001_t0007", "account:100001_t0007", "toronto.provider1.example", "-1",
         "yes", "0000-00-00", "2026-11-20 10:00:00", "9999-12-31 23:59:59", "0001-01-01 00:00:00", "1e999999", "-1e-999999",
         "0.85", "IN", "DID4165550100", "Gateway", "198.51.100.50", "NaN", ""]
    ),
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.lists(st.integers(), max_size=2),
)  # fmt: skip
# An answer that is right, for every method at once; then some of it is changed.
RIGHT: dict[str, list[dict[str, Any]]] = {
    "dids": [{**CANADIAN, **OWNED}], "accounts": [SUB], "cdr": [CALL], "transactions": [FEE], "servers": SERVERS,
    "provinces": [{"province": "ON", "description": "ONTARIO"}], "ratecenters": [{"ratecenter": "Toronto", "available": "yes"}],
    "device_types": [{"value": "1", "description": "Gateway"}], "balance": [{"current_balance": "112.192790"}],
}  # fmt: skip


@st.composite
def nearly_right(draw: st.DrawFn) -> bytes:
    """A right answer with some values changed, some keys gone, and its lists in any shape."""
    body: dict[str, Any] = {
        "status": draw(st.sampled_from(["success"] * 6 + ["no_did", "order_failed", "odd"])),
        "registered": "yes",
    }
    for key, rows in RIGHT.items():
        changed = [{**row, **draw(st.dictionaries(st.sampled_from(sorted(row)), SCALARS, max_size=4))} for row in rows]
        shapes = [changed, {str(n): row for n, row in enumerate(changed)}, changed[0], draw(SCALARS)]
        body[key] = changed[0] if key == "balance" else draw(st.sampled_from(shapes))
    for key in draw(st.sets(st.sampled_from(sorted(body)), max_size=2)):
        body[key] = draw(SCALARS)
    return json.dumps(body).encode()


ANSWERS = st.one_of(
    st.tuples(st.just(200), nearly_right()),
    st.tuples(st.just(200), nearly_right()),
    st.tuples(st.sampled_from([200, 204, 301, 403, 502]), st.binary(max_size=40)),
)


@pytest.mark.parametrize("name", ACTS)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
