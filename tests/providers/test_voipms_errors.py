"""What the first provider answers ends in the right type, and what it does not answer too."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from voipbox.providers import errors
from voipbox.providers.errors import ProviderError

from tests.providers.voipms_fixtures import VoipMsLab, trunk_wanted, wanted

# Every class of the provider's codes, in the spelling of the wire.
CODES = [
    ("missing_credentials", errors.AuthFailed, ""),
    ("invalid_credentials", errors.AuthFailed, ""),
    ("ip_not_enabled", errors.AccessDenied, ""),
    ("api_not_enabled", errors.AccessDenied, ""),
    ("api_limit_exceeded", errors.RateLimited, ""),
    ("method_maintenance", errors.Temporary, ""),
    ("tls_error", errors.Temporary, ""),
    ("provider_outofservice", errors.Temporary, ""),
    ("non_sufficient_funds", errors.InsufficientFunds, ""),
    ("did_limit_reached", errors.AccountLimit, ""),
    ("did_in_use", errors.NumberUnavailable, ""),
    ("order_failed", errors.NumberUnavailable, ""),
    ("Unable_to_purchase", errors.NumberUnavailable, ""),
    ("unsifficient_stock", errors.NumberUnavailable, ""),
    ("missing_serverpop", errors.BadRequest, "serverpop"),
    ("invalid_routing_header", errors.BadRequest, "routing_header"),
    ("Invalid_threshold", errors.BadRequest, "threshold"),
    ("invalid_password_ilegal_characters", errors.BadRequest, "password_ilegal_characters"),
    ("weak_password", errors.BadRequest, "password"),
    ("used_password", errors.PasswordUsed, "password"),
    ("used_username", errors.AlreadyExists, ""),
    ("used_description", errors.AlreadyExists, ""),
    ("used_extension", errors.AlreadyExists, ""),
    ("repeated_ip", errors.AlreadyExists, ""),
    ("used_ip", errors.AlreadyExists, ""),
    ("account_with_dids", errors.Conflict, ""),
    ("no_callstatus", ProviderError, ""),
    ("no_provision", ProviderError, ""),
    ("cancel_failed", ProviderError, ""),
    ("a_word_of_tomorrow", ProviderError, ""),
]


@pytest.mark.parametrize(("code", "kind", "field"), CODES)
def test_a_code_is_a_type_and_a_sentence(voipms: VoipMsLab, code: str, kind: type[ProviderError], field: str) -> None:
    voipms.control.fault("refuse", "getBalance", code=code)
    with voipms.driver() as driver, pytest.raises(ProviderError) as raised:
        driver.balance()
    error = raised.value
    assert type(error) is kind
    assert error.code == code
    assert [fault.field for fault in error.faults] == ([field] if field else [])
    assert str(error).endswith(".") and error.sentence.startswith(str(error)) and len(error.sentence) > len(str(error)) + 10
    assert len(voipms.called("getBalance")) == 1, "nothing is repeated by itself"


def test_an_unknown_code_keeps_the_providers_words(voipms: VoipMsLab) -> None:
    voipms.control.fault("answer", "getBalance", body={"status": "new_word", "message": "Please call us"})
    with voipms.driver() as driver, pytest.raises(ProviderError, match=r"getBalance with new_word \(Please call us\)"):
        driver.balance()


def test_the_other_spelling_of_message(voipms: VoipMsLab) -> None:
    voipms.control.fault("answer", "getBalance", body={"status": "new_word", "error": "Please call us"})
    with voipms.driver() as driver, pytest.raises(ProviderError, match="Please call us"):
        driver.balance()


@pytest.mark.parametrize("code", ["no_did", "NO_DID", "unavailable_info"])
def test_nothing_there_is_an_empty_list(voipms: VoipMsLab, code: str) -> None:
    voipms.control.fault("refuse", "getDIDsInfo", code=code)
    with voipms.driver() as driver:
        assert driver.numbers() == []


def test_a_limit_says_how_long_to_wait(voipms: VoipMsLab) -> None:
    voipms.control.fault("limit", after=2, window=60)
    with voipms.driver() as driver:
        driver.balance()
        driver.balance()
        with pytest.raises(errors.RateLimited) as raised:
            driver.balance()
    assert raised.value.retry_after == 60
    assert isinstance(raised.value, errors.Temporary), "a call that was not let in did nothing"


# What happens when no answer comes, or none that can be read.
READ: Callable[[Any], Any] = lambda driver: driver.balance()  # noqa: E731
WRITE: Callable[[Any], Any] = lambda driver: driver.ensure_trunk(trunk_wanted())  # noqa: E731
ORDER: Callable[[Any], Any] = lambda driver: driver.purchase(wanted())  # noqa: E731
SILENCES: list[tuple[str, dict[str, Any]]] = [
    ("drop", {}),
    ("html", {"status": 502}),
    ("html", {"status": 522}),
    ("html", {"status": 403}),
    ("html", {"status": 301}),
    ("answer", {"body": "<html></html>", "content_type": "text/html"}),
    ("answer", {"body": '{"status": "succ'}),
    ("answer", {"body": "[]"}),
    ("answer", {"body": '"success"'}),
    ("answer", {"body": '{"result": "ok"}'}),
    ("answer", {"body": '{"status": 1}'}),
    ("answer", {"body": ""}),
    ("delay_then_refuse", {"seconds": 3, "code": "order_failed"}),
]


@pytest.mark.parametrize(("kind", "options"), SILENCES)
@pytest.mark.parametrize(
    ("act", "method", "expected"),
    [
        (READ, "getBalance", errors.Temporary),
        (WRITE, "createSubAccount", errors.Unconfirmed),
        (ORDER, "orderDID", errors.OutcomeUnknown),
    ],
    ids=["read", "write", "order"],
)
def test_no_answer(
    fast_voipms: VoipMsLab, kind: str, options: dict[str, Any], act: Any, method: str, expected: type[ProviderError]
) -> None:
    fast_voipms.control.fault(kind, method, **options)
    with fast_voipms.driver() as driver, pytest.raises(ProviderError) as raised:
        act(driver)
    assert type(raised.value) is expected
    assert len(fast_voipms.called(method)) == 1, "sent once"
    assert raised.value.__context__ is None, "an error of the HTTP library holds the request"


@pytest.fixture
def deaf() -> Iterator[str]:
    """A server that takes connections into its queue until that is full; then nobody gets in."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/api/v1/rest.php"


@pytest.mark.parametrize("act", [READ, WRITE, ORDER], ids=["read", "write", "order"])
def test_nobody_there_means_that_nothing_was_sent(voipms: VoipMsLab, deaf: str, act: Any) -> None:
    with voipms.driver(base_url=deaf) as driver, pytest.raises(errors.NothingSent) as raised:
        act(driver)
    assert isinstance(raised.value, errors.Temporary)
    assert raised.value.__context__ is None


def test_an_order_that_cannot_connect_was_not_sent(voipms: VoipMsLab, deaf: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here the look before the order still reached the provider."""
    from voipbox.providers.voipms.client import Client

    given = Client.order

    def order(client: Client, method: str, parameters: Any) -> Any:
        import dataclasses

        client._settings = dataclasses.replace(client._settings, url=deaf)
        return given(client, method, parameters)

    monkeypatch.setattr(Client, "order", order)
    with voipms.driver() as driver, pytest.raises(errors.NothingSent):
        driver.purchase(wanted())
    assert voipms.called("orderDID") == [] and voipms.control.purchases() == []


def test_a_page_is_never_read_as_an_answer_whatever_it_holds(voipms: VoipMsLab) -> None:
    voipms.control.fault("answer", "getBalance", status=502, body={"status": "success", "balance": {"current_balance": "1"}})
    with voipms.driver() as driver, pytest.raises(errors.Temporary, match="HTTP 502"):
        driver.balance()


def test_redirects_are_not_followed(voipms: VoipMsLab) -> None:
    """The form would go to wherever the answer says."""
    seen: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.settimeout(5)

        def listen() -> None:
            connection, _ = trap.accept()
            with connection:
                seen.append(connection.recv(100))
                there = f"http://127.0.0.1:{trap.getsockname()[1]}/elsewhere"
                connection.sendall(f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {there}\r\nContent-Length: 0\r\n\r\n".encode())
                connection.recv(100_000)

        thread = threading.Thread(target=listen)
        thread.start()
        url = f"http://127.0.0.1:{trap.getsockname()[1]}/api/v1/rest.php"
        with voipms.driver(base_url=url) as driver, pytest.raises(errors.Temporary):
            driver.balance()
        thread.join()
    assert len(seen) == 1
