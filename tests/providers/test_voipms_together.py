"""Many orders at once at the first provider: its limit is felt as a typed error, and nothing is bought twice."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from voipbox.providers import errors
from voipbox.providers.records import PurchaseState

from tests.providers.voipms_fixtures import VoipMsLab, wanted

NUMBERS = [f"+1416555{number:04}" for number in range(100, 150)]


def test_fifty_orders_under_a_limit_of_calls(voipms: VoipMsLab) -> None:
    voipms.control.fault("limit", after=60, window=60)

    def buy(number: str) -> str:
        with voipms.driver() as driver:
            try:
                return str(driver.purchase(wanted(number, f"vb-{number[-4:]}")).state)
            except errors.RateLimited as error:
                assert error.retry_after >= 60
                return "later"

    with ThreadPoolExecutor(8) as pool:
        outcomes = Counter(pool.map(buy, NUMBERS))
    sold = Counter(purchase["number"] for purchase in voipms.control.purchases())
    assert set(outcomes) == {PurchaseState.COMPLETED, "later"}
    assert sum(sold.values()) == outcomes[PurchaseState.COMPLETED] and max(sold.values()) == 1
    voipms.control.clear_faults()
    voipms.control.balance("1000")
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(buy, NUMBERS)) == {PurchaseState.COMPLETED}
    sold = Counter(purchase["number"] for purchase in voipms.control.purchases())
    assert sold == Counter(NUMBERS)


def test_two_buyers_of_one_number(voipms: VoipMsLab) -> None:
    def buy(reference: str) -> str:
        with voipms.driver() as driver:
            try:
                return str(driver.purchase(wanted(reference=reference)).state)
            except errors.NumberUnavailable:
                return "gone"

    with ThreadPoolExecutor(6) as pool:
        outcomes = Counter(pool.map(buy, [f"vb-{n}" for n in range(6)]))
    assert outcomes == {PurchaseState.COMPLETED: 1, "gone": 5}
    assert len(voipms.control.purchases()) == 1
