"""Buying at the first provider: exactly one purchase or an honest doubt, whatever goes wrong."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from voipbox.providers import errors
from voipbox.providers.records import Bought, PurchaseState

from tests.providers.voipms_fixtures import TORONTO, VoipMsLab, wanted


def test_an_order_carries_our_reference_and_leads_nowhere(voipms: VoipMsLab) -> None:
    with voipms.driver() as driver:
        bought = driver.purchase(wanted())
    assert bought == Bought(PurchaseState.COMPLETED, "vb-1", (TORONTO,), {"did": "4165550100"})
    (order,) = voipms.called("orderDID")
    details = order["details"]
    assert details.pop("_transport") == "POST multipart/form-data"
    assert details == {
        "did": "4165550100", "routing": "none:", "pop": "45", "dialtime": "60", "cnam": "0", "billing_type": "1", "note": "vb-1",
    }  # fmt: skip
    assert voipms.control.purchases(TORONTO)[0]["reference"] == "vb-1"


@pytest.mark.parametrize("number", ["+14165550100", "+15145550102", "+16045550108"])
def test_the_numbers_of_the_examples_can_be_bought(voipms: VoipMsLab, number: str) -> None:
    with voipms.driver() as driver:
        assert driver.purchase(wanted(number)).numbers == (number,)


def test_a_flat_plan(voipms: VoipMsLab) -> None:
    with voipms.driver() as driver:
        driver.purchase(wanted(plan="2"))
    assert voipms.owned()[TORONTO]["billing_type"] == "2"


def test_reading_back_tells_what_it_cost(voipms: VoipMsLab) -> None:
    with voipms.driver() as driver:
        driver.purchase(wanted())
        (found,) = driver.find_purchase("vb-1", TORONTO)
        assert found == Bought(
            PurchaseState.COMPLETED, "vb-1", (TORONTO,), {"did": "4165550100"}, Decimal("0.40"), Decimal("0.85")
        )
        assert driver.find_purchase("vb-1", "") == [found], "without the number as well"
        assert driver.find_purchase("vb-2", TORONTO) == []
        assert driver.find_purchase("vb-1", "+15145550102") == []


# What goes wrong, what the driver raises, and how many were sold then.
BEFORE: list[tuple[str, dict[str, Any], type[errors.ProviderError]]] = [
    ("refuse", {"code": "order_failed"}, errors.NumberUnavailable),
    ("refuse", {"code": "Unable_to_purchase"}, errors.NumberUnavailable),
    ("refuse", {"code": "did_in_use"}, errors.NumberUnavailable),
    ("refuse", {"code": "invalid_did"}, errors.NumberUnavailable),
    ("refuse", {"code": "unsifficient_stock"}, errors.NumberUnavailable),
    ("refuse", {"code": "non_sufficient_funds"}, errors.InsufficientFunds),
    ("refuse", {"code": "did_limit_reached"}, errors.AccountLimit),
    ("refuse", {"code": "missing_serverpop"}, errors.BadRequest),
    ("refuse", {"code": "provider_outofservice"}, errors.Temporary),
    ("refuse", {"code": "a_word_of_tomorrow"}, errors.OutcomeUnknown),
    ("limit", {"after": 0}, errors.RateLimited),
    ("vanish", {}, errors.NumberUnavailable),
    ("drain", {"amount": "0.10"}, errors.InsufficientFunds),
    ("drop", {}, errors.OutcomeUnknown),
    ("html", {"status": 502}, errors.OutcomeUnknown),
    ("html", {"status": 522}, errors.OutcomeUnknown),
    ("delay_then_refuse", {"seconds": 3, "code": "order_failed"}, errors.OutcomeUnknown),
]
AFTER: list[tuple[str, dict[str, Any]]] = [
    ("commit_then_drop", {}),
    ("commit_then_delay", {"seconds": 3}),
    ("commit_then_html", {"status": 502}),
    ("commit_then_html", {"status": 522}),
    ("commit_then_garble", {}),
]


@pytest.mark.parametrize(("kind", "options", "expected"), BEFORE)
def test_what_goes_wrong_before_a_number_is_sold(
    fast_voipms: VoipMsLab, kind: str, options: dict[str, Any], expected: type[errors.ProviderError]
) -> None:
    fast_voipms.control.fault(kind, "orderDID", **options)
    with fast_voipms.driver() as driver:
        with pytest.raises(errors.ProviderError) as raised:
            driver.purchase(wanted())
        assert type(raised.value) is expected
        assert driver.find_purchase("vb-1", TORONTO) == []
    assert fast_voipms.control.purchases() == [] and fast_voipms.owned() == {}
    assert len(fast_voipms.called("orderDID")) == 1


@pytest.mark.parametrize(("kind", "options"), AFTER)
def test_a_sold_number_whose_answer_was_lost_is_found(fast_voipms: VoipMsLab, kind: str, options: dict[str, Any]) -> None:
    fast_voipms.control.fault(kind, "orderDID", **options)
    with fast_voipms.driver() as driver:
        with pytest.raises(errors.OutcomeUnknown) as raised:
            driver.purchase(wanted())
        assert type(raised.value) is errors.OutcomeUnknown
        (found,) = driver.find_purchase("vb-1", TORONTO)
        assert found.state is PurchaseState.COMPLETED and found.numbers == (TORONTO,)
        assert driver.purchase(wanted()) == Bought(PurchaseState.COMPLETED, "vb-1", (TORONTO,), {"did": "4165550100"})
    assert len(fast_voipms.control.purchases(TORONTO)) == 1 and len(fast_voipms.called("orderDID")) == 1


@pytest.mark.parametrize("repeat_orders", ["refuse", "charge"])
def test_a_second_order_for_an_owned_number_is_never_sent(voipms: VoipMsLab, repeat_orders: str) -> None:
    """Whether the provider would charge again is not known: it may."""
    voipms.settings(repeat_orders=repeat_orders)
    with voipms.driver() as driver:
        driver.purchase(wanted())
        driver.purchase(wanted())
        with pytest.raises(errors.NumberUnavailable, match="already"):
            driver.purchase(wanted(reference="vb-2"))
    assert len(voipms.control.purchases()) == 1 and len(voipms.called("orderDID")) == 1


@pytest.mark.parametrize("code", ["did_in_use", "invalid_did", "order_failed", "Unable_to_purchase", "odd_word"])
def test_a_refusal_is_not_believed_when_the_number_is_ours(voipms: VoipMsLab, code: str) -> None:
    """The provider took the order and then answered that it had not."""
    with voipms.driver() as driver:
        voipms.control.fault("commit_then_answer", "orderDID", body={"status": code})
        assert driver.purchase(wanted()).numbers == (TORONTO,)
    assert len(voipms.control.purchases()) == 1


def test_a_refusal_that_cannot_be_read_back_is_a_doubt(voipms: VoipMsLab) -> None:
    voipms.control.fault("refuse", "orderDID", code="order_failed")
    voipms.control.fault("html", "getDIDsInfo", skip=1, status=522)
    with voipms.driver() as driver, pytest.raises(errors.OutcomeUnknown, match=r"order_failed.*could not be read back"):
        driver.purchase(wanted())


def test_nothing_is_ordered_when_the_look_before_fails(voipms: VoipMsLab) -> None:
    voipms.control.fault("html", "getDIDsInfo")
    with voipms.driver() as driver, pytest.raises(errors.Temporary):
        driver.purchase(wanted())
    assert voipms.called("orderDID") == []


def test_a_number_that_is_charged_but_not_listed_is_a_doubt(voipms: VoipMsLab) -> None:
    with voipms.driver() as driver:
        driver.purchase(wanted())
        voipms.control.fault("refuse", "getDIDsInfo", code="no_did")
        with pytest.raises(errors.OutcomeUnknown, match="fee for it"):
            driver.find_purchase("vb-1", TORONTO)


def test_unknown_costs_are_not_guessed(voipms: VoipMsLab) -> None:
    with voipms.driver() as driver:
        driver.purchase(wanted())
        voipms.control.fault("refuse", "getTransactionHistory", code="no_transactions")
        (found,) = driver.find_purchase("vb-1", TORONTO)
    assert (found.setup, found.monthly) == (None, None)


def test_a_dry_run_buys_nothing_and_says_so(voipms: VoipMsLab) -> None:
    with voipms.driver(test="1") as driver:
        with pytest.raises(errors.Refusal, match="dry run: nothing was bought"):
            driver.purchase(wanted())
        with pytest.raises(errors.NumberUnavailable):
            driver.purchase(wanted("+14165559999"))
    assert voipms.called("orderDID")[0]["details"]["test"] == "1"
    assert voipms.control.purchases() == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reference": "x" * 41}, "reference"), ({"reference": "Has Space"}, "reference"), ({"reference": ""}, "reference"),
        ({"number": ""}, "number"), ({"number": "", "back_order": True}, "number"), ({"number": "+27115550100"}, "number"),
        ({"plan": "3"}, "capacity"),
    ],
)  # fmt: skip
def test_what_cannot_be_ordered_is_refused_before_anything_is_sent(voipms: VoipMsLab, change: dict[str, Any], field: str) -> None:
    with voipms.driver() as driver, pytest.raises(errors.BadRequest) as raised:
        driver.purchase(wanted(**change))
    assert [fault.field for fault in raised.value.faults] == [field]
    assert voipms.names() == []


def test_slow_orders_are_waited_for(voipms: VoipMsLab) -> None:
    """Orders were seen to take longer than reading ever does."""
    voipms.settings(slow={"orderDID": 1.2})
    with voipms.driver(read_timeout="0.8", write_timeout="5") as driver:
        assert driver.purchase(wanted()).numbers == (TORONTO,)


def test_a_number_is_given_back_once(voipms: VoipMsLab) -> None:
    with voipms.driver() as driver:
        driver.purchase(wanted())
        driver.release(TORONTO)
        driver.release(TORONTO)
        assert driver.number(TORONTO) is None
    (cancel,) = voipms.called("cancelDID")
    assert "cancelcomment" in cancel["details"]
    assert voipms.control.call("GET", "/stock", number=TORONTO) is True


def test_a_lost_answer_to_a_release_is_read_back(fast_voipms: VoipMsLab) -> None:
    with fast_voipms.driver() as driver:
        driver.purchase(wanted())
        fast_voipms.control.fault("drop", "cancelDID")
        with pytest.raises(errors.OutcomeUnknown):
            driver.release(TORONTO)
        fast_voipms.control.fault("commit_then_drop", "cancelDID")
        driver.release(TORONTO)
    assert fast_voipms.owned() == {}


def test_a_release_that_is_refused_keeps_the_number(voipms: VoipMsLab) -> None:
    with voipms.driver() as driver:
        driver.purchase(wanted())
        voipms.control.fault("refuse", "cancelDID", code="cancel_failed")
        with pytest.raises(errors.ProviderError, match="cancel_failed"):
            driver.release(TORONTO)
        with voipms.driver(test="1") as dry, pytest.raises(errors.Refusal, match="it was kept"):
            dry.release(TORONTO)
    assert list(voipms.owned()) == [TORONTO]


def test_numbers_that_are_owned(voipms: VoipMsLab) -> None:
    with voipms.driver() as driver:
        assert driver.numbers() == []
        driver.purchase(wanted())
        driver.purchase(wanted("+15145550102", "vb-2"))
        owned = {number.number: number for number in driver.numbers()}
        assert set(owned) == {TORONTO, "+15145550102"}
        one = driver.number(TORONTO)
    assert one == owned[TORONTO]
    assert (one.state, one.reference, one.route, one.pop, one.id) == ("active", "vb-1", "none:", "45", "4165550100")
