"""Setting webhooks up: by administrators alone, and never to where only this machine can reach."""

from __future__ import annotations

import re
import socket

import pytest
from voipbox.core.errors import NotAllowed, Refused
from voipbox.orders import webhooks
from voipbox.orders.models import WebhookEndpoint


@pytest.mark.parametrize("name", ["alice", "bob", "eve", "system"])
def test_only_administrators_set_webhooks_up(actors, hook, listener, name):
    with pytest.raises(NotAllowed):
        webhooks.create(listener.url, [], actors[name])
    with pytest.raises(NotAllowed):
        webhooks.remove(hook[0], actors[name])
    assert WebhookEndpoint.objects.count() == 1


def test_every_fault_is_told_at_once(actors):
    with pytest.raises(Refused) as caught:
        webhooks.create("ftp://billing.example.com", ["order.approve", "order.fly"], actors["dora"])
    assert [fault.field for fault in caught.value.faults] == ["events[1]", "url"]
    assert "order.fly" in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "billing.example.com", "ftp://billing.example.com/", "https://", "https://user:pw@billing.example.com/", "https://[::1/",
        "http://127.0.0.1:99999/", "http://127.0.0.1:abc/", f"http://{'a' * 70}.example/", f"http://127.0.0.1/{'a' * 500}", "",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(actors, url):
    with pytest.raises(Refused, match="url: is no address"):
        webhooks.create(url, [], actors["dora"])
    assert WebhookEndpoint.objects.count() == 0


@pytest.mark.parametrize(
    ("url", "cause"),
    [
        ("http://8.8.8.8/", "is not https"),
        ("https://127.0.0.1/", "private address 127.0.0.1"),
        ("https://localhost/", "private address"),
        ("https://10.1.2.3:8443/", "private address 10.1.2.3"),
        ("https://192.168.0.1/", "private address"),
        ("https://169.254.169.254/latest/meta-data/", "private address"),
        ("https://100.64.0.1/", "private address"),
        ("https://0.0.0.0/", "private address"),
        ("https://2130706433/", "private address 127.0.0.1"),
        ("https://224.0.0.1/", "private address"),
        ("https://[::1]/", "private address"),
        ("https://[fe80::1]/", "private address"),
        ("https://[fd00::1]/", "private address"),
        ("https://[::ffff:127.0.0.1]/", "private address"),
        ("https://[64:ff9b::7f00:1]/", "private address"),
        ("https://no-such-host.invalid/", "cannot be found"),
        ("https://192.0.0.192/", "private address"),
        ("https://[64:ff9b:1::a00:1]/", "private address"),
        ("https://[2002:a00:1::]/", "private address"),
        ("https://[2002:7f00:1::]/", "private address"),
        ("https://[::7f00:1]/", "private address"),
        ("https://[2001:0:53aa:64c:0:7cfb:8000:1]/", "private address"),
        ("https://[fec0::1]/", "private address"),
        ("https://0.0.0.0/", "private address"),
        ("https://255.255.255.255/", "private address"),
        ("https://user@8.8.8.8/", "is no address"),
        ("https://user:word@8.8.8.8/", "is no address"),
        ("https://@8.8.8.8/", "is no address"),
    ],
)
def test_addresses_inside_and_plain_http_are_refused(actors, public_only, url, cause):
    with pytest.raises(Refused, match=re.escape(cause)):
        webhooks.create(url, [], actors["dora"])
    assert WebhookEndpoint.objects.count() == 0


def test_a_name_is_refused_when_one_of_its_addresses_is_inside(actors, public_only, monkeypatch):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in ("8.8.8.8", "10.0.0.5")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(Refused, match=re.escape("private address 10.0.0.5")):
        webhooks.create("https://billing.example.com/", [], actors["dora"])


@pytest.mark.parametrize("url", ["https://8.8.8.8/hook", "https://[2606:4700:4700::1111]/hook", "https://1.1.1.1:8443/"])
def test_public_addresses_are_taken(actors, public_only, url):
    assert webhooks.create(url, ["order.complete"], actors["dora"])[0].url == url
