# SPDX-License-Identifier: GPL-3.0-or-later
"""The second provider's sandbox: callbacks as they arrive, against the signatures of the provider's own package."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import pytest
from didww.callback.request_validator import RequestValidator
from voipbox_lab.providers.didww.callbacks import signature
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from tests.providers.didww_fixtures import CALLBACK_SECRET, DidwwSandbox

HOST = "https://pbx.reseller.example"
ORDER = {"id": "2352da72-80f1-4ecc-8acf-1ba84eb945c9", "type": "orders", "status": "completed"}
BLOCKED = {
    "id": "d2effbb6-0935-49f6-863d-c888229fb946",
    "type": "voice_out_trunks",
    "status": "blocked",
    "threshold_reached": True,
    "created_at": "2026-11-23T11:00:00.000Z",
}


@dataclass
class Got:
    """A callback that arrived."""

    method: str
    url: str
    payload: Any
    signature: str


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing."""


@dataclass
class Receiver:
    """A customer's server. statuses: what it answers first; 200 afterwards."""

    url: str = ""
    got: list[Got] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        if request.method == "GET":
            payload: Any = {name: value for name, value in request.args.items() if name != "t"}
        elif request.is_json:
            payload = request.get_json()
        else:
            payload = dict(parse_qsl(request.get_data(as_text=True), keep_blank_values=True))
        self.got.append(Got(request.method, request.url, payload, request.headers.get("X-DIDWW-Signature", "")))
        status = self.statuses.pop(0) if self.statuses else 200
        return Response(status=status)(environ, start_response)

    def wait(self, count: int) -> list[Got]:
        """The callbacks, once there are so many."""
        _until(lambda: len(self.got) >= count)
        return self.got


def _until(true: Callable[[], bool], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server on loopback."""
    receiver = Receiver()
    server = make_server("127.0.0.1", 0, receiver, threaded=True, request_handler=_Silent)
    receiver.url = f"http://127.0.0.1:{server.server_port}/hooks"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield receiver
    server.shutdown()
    thread.join()
    server.server_close()


def _order(didww: DidwwSandbox, url: str, method: str = "post") -> str:
    return str(didww.order("London", callback_url=url, callback_method=method)["data"]["id"])


@pytest.mark.parametrize(
    ("url", "payload", "expected"),
    [
        (f"{HOST}/hooks/provider2/orders", ORDER, "dc65cbe5c128a059314de316ab8dbca66d8fc0ad"),
        (
            f"{HOST}/hooks/provider2/orders?t=7",
            {"id": "9250b991-2ee9-4d6b-86e2-3299459ecd6e", "type": "orders", "status": "canceled"},
            "5803578b1ef29f1b298663b1d995db0e96c663c1",
        ),
        (
            f"{HOST}/hooks/provider2/orders?id={ORDER['id']}&status=completed&type=orders",
            ORDER,
            "51ff8dd2cb4409c1b51cd73455982d7c45d16f96",
        ),
        (
            f"{HOST}:8443/hooks/provider2/verifications",
            {
                "id": "b63e21b3-9a32-492f-8212-09d411d9c809",
                "type": "address_verifications",
                "status": "rejected",
                "reject_reason": "The proof of personal address is required",
                "reject_comment": "Additional info from operator",
            },
            "2ca85f6a2e4e8c82236e2d9e9e80c4dc7eff904d",
        ),
        (f"{HOST}/hooks/provider2/trunks", [BLOCKED], "e5fe7da1d29e02a0e93eefb92acf40502d68392d"),
    ],
)
def test_signatures_are_those_of_known_vectors(url: str, payload: Any, expected: str) -> None:
    assert signature(CALLBACK_SECRET, url, payload) == expected
    if isinstance(payload, dict):
        assert RequestValidator(CALLBACK_SECRET).validate(url, payload, expected)


@pytest.mark.parametrize(
    "url",
    ["http://user:word@[::1]/a?b=c#d", "http://127.0.0.1/", "https://pbx.example:443/x", "http://user@pbx.example:80/?a=1&a=2"],
)
def test_signatures_agree_with_the_providers_package_on_odd_urls(url: str) -> None:
    assert RequestValidator("s").validate(url, {"b": "2", "a": ""}, signature("s", url, {"b": "2", "a": ""}))


@pytest.mark.parametrize("method", ["post", "get"])
def test_an_order_tells_that_it_is_complete(didww: DidwwSandbox, receiver: Receiver, method: str) -> None:
    identifier = _order(didww, f"{receiver.url}?t=7", method)
    got = receiver.wait(1)[0]
    assert got.method == method.upper()
    assert got.payload == {"id": identifier, "type": "orders", "status": "completed"}
    assert RequestValidator(CALLBACK_SECRET).validate(got.url, got.payload, got.signature)
    assert not RequestValidator("another").validate(got.url, got.payload, got.signature)
    _until(lambda: didww.control.call("GET", "/callbacks")[0]["state"] == "delivered")
    time.sleep(0.2)
    assert len(receiver.got) == 1


def test_nothing_is_told_without_a_secret(didww: DidwwSandbox, receiver: Receiver) -> None:
    didww.control.call("POST", "/callback-secret", secret="")
    try:
        _order(didww, receiver.url)
        time.sleep(0.3)
        assert receiver.got == [] and didww.control.call("GET", "/callbacks") == []
    finally:
        didww.control.call("POST", "/callback-secret", secret=CALLBACK_SECRET)


def test_what_was_not_taken_is_sent_again_up_to_ten_times(didww: DidwwSandbox, receiver: Receiver) -> None:
    receiver.statuses = [500, 302, 404]
    _order(didww, receiver.url)
    receiver.wait(1)
    for count, pause in ((2, 60), (3, 300), (4, 900)):
        _until(lambda count=count: len(didww.control.call("GET", "/callbacks")[0]["attempts"]) == count - 1)
        didww.control.advance(pause - 5)
        time.sleep(0.15)
        assert len(receiver.got) == count - 1, "not before its time"
        didww.control.advance(10)
        receiver.wait(count)
    _until(lambda: didww.control.call("GET", "/callbacks")[0]["state"] == "delivered")
    assert len({got.signature for got in receiver.got}) == 1, "there is no timestamp: all are the same"


def test_the_provider_gives_up(didww: DidwwSandbox, receiver: Receiver) -> None:
    didww.settings(callback_retries=[0] * 9)
    receiver.statuses = [500] * 20
    _order(didww, receiver.url)
    _until(lambda: didww.control.call("GET", "/callbacks")[0]["state"] == "given up")
    assert len(receiver.got) == 10


def test_a_verification_tells_its_reasons_in_one_string(didww: DidwwSandbox, receiver: Receiver) -> None:
    record = didww.sandbox.world.make("address_verifications", {"status": "pending", "callback_url": receiver.url})
    didww.control.call("POST", f"/verifications/{record.id}/reject", reasons=["One.", "Two."], comment="More.")
    got = receiver.wait(1)[0]
    assert got.payload == {
        "id": record.id,
        "type": "address_verifications",
        "status": "rejected",
        "reject_reason": "One., Two.",
        "reject_comment": "More.",
    }
    assert RequestValidator(CALLBACK_SECRET).validate(got.url, got.payload, got.signature)


def test_a_blocked_trunk_tells_in_a_list(didww: DidwwSandbox, receiver: Receiver) -> None:
    method = {"type": "credentials_and_ip", "attributes": {"allowed_sip_ips": ["203.0.113.10"]}}
    attributes = {"name": "x", "on_cli_mismatch_action": "reject_call", "authentication_method": method}
    made = didww.send("POST", "/voice_out_trunks", 201, {**attributes, "threshold_amount": "1", "callback_url": receiver.url})
    didww.control.call("POST", f"/trunks/{made['data']['id']}/spend", amount="2")
    got = receiver.wait(1)[0]
    assert (got.payload[0]["status"], got.payload[0]["threshold_reached"]) == ("blocked", True)
    assert got.signature == signature(CALLBACK_SECRET, got.url, json.loads(json.dumps(got.payload)))


def test_callbacks_may_come_twice_late_and_with_a_wrong_signature(didww: DidwwSandbox, receiver: Receiver) -> None:
    didww.control.call("POST", "/callbacks/plan", type="orders", copies=2)
    first = _order(didww, receiver.url)
    assert [got.payload["id"] for got in receiver.wait(2)] == [first, first]
    didww.control.call("POST", "/callbacks/plan", delay=3600)
    second = _order(didww, receiver.url)
    time.sleep(0.2)
    assert len(receiver.got) == 2
    didww.control.advance(3601)
    assert receiver.wait(3)[2].payload["id"] == second
    didww.control.call("POST", "/callbacks/plan", wrong_signature=True)
    _order(didww, receiver.url)
    got = receiver.wait(4)[3]
    assert not RequestValidator(CALLBACK_SECRET).validate(got.url, got.payload, got.signature)
    didww.control.call("POST", "/callbacks/plan", drop=True)
    _order(didww, receiver.url)
    time.sleep(0.2)
    assert len(receiver.got) == 4


def test_callbacks_may_come_in_another_order_and_again(didww: DidwwSandbox, receiver: Receiver) -> None:
    didww.control.call("POST", "/callbacks/plan", hold=True, times=2)
    first, second = _order(didww, receiver.url), _order(didww, receiver.url)
    time.sleep(0.2)
    assert receiver.got == []
    assert didww.control.call("POST", "/callbacks/release", newest_first=True) == 2
    assert [got.payload["id"] for got in receiver.wait(2)] == [second, first]
    didww.control.call("POST", f"/callbacks/{didww.control.call('GET', '/callbacks')[0]['id']}/resend")
    assert receiver.wait(3)[2].payload["id"] == second
    with pytest.raises(ValueError, match="no bogus"):
        didww.control.call("POST", "/callbacks/plan", bogus=1)


def test_only_loopback_is_called(didww: DidwwSandbox) -> None:
    _order(didww, f"{HOST}/hooks")
    _until(lambda: bool(didww.control.call("GET", "/callbacks")[0]["attempts"]))
    assert didww.control.call("GET", "/callbacks")[0]["attempts"][0]["outcome"].startswith("not sent")


def test_a_public_url_can_be_brought_to_loopback_and_is_signed_as_ordered(didww: DidwwSandbox, receiver: Receiver) -> None:
    didww.settings(callback_targets={HOST: receiver.url.removesuffix("/hooks")})
    _order(didww, f"{HOST}/hooks?t=7")
    got = receiver.wait(1)[0]
    assert got.url == f"{receiver.url}?t=7"
    assert RequestValidator(CALLBACK_SECRET).validate(f"{HOST}/hooks?t=7", got.payload, got.signature)
