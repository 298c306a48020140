"""Webhooks: signed, repeated, each once."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import json
import re
import socket
import time

import pytest
from django.db import connection, connections
from voipbox.core import clock
from voipbox.core.errors import Refused
from voipbox.orders import actions, webhooks
from voipbox.orders.models import AuditEvent, Order, WebhookDelivery, WebhookEndpoint

from tests.controller.at_once import at_once


def test_a_delivery_is_signed_and_tells_the_order(hook, listener, place):
    order = place(reference="shop-18")
    assert webhooks.deliver_queued() == 1
    assert webhooks.deliver_queued() == 0
    ((path, headers, body),) = listener.requests
    delivery = WebhookDelivery.objects.get()
    assert path == "/hook"
    seconds, digest = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", headers["Voipbox-Signature"]).groups()
    assert digest == hmac.new(hook[1].encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    assert abs(int(seconds) - time.time()) < 60
    assert (headers["Voipbox-Event"], headers["Voipbox-Delivery"]) == ("order.placed", str(delivery.identity))
    assert headers["Content-Type"] == "application/json"
    told = json.loads(body)
    assert (told["id"], told["event"]) == (str(delivery.identity), "order.placed")
    assert datetime.datetime.fromisoformat(told["created_at"]) == delivery.created_at
    for name in ("reference", "status", "company", "domain", "number", "seats"):
        assert told["order"][name] == getattr(order, name)
    assert (told["order"]["id"], told["order"]["server"], told["order"]["provider"]) == (order.pk, "pbx-one", "maple")
    assert (delivery.state, delivery.attempts, delivery.status_code, delivery.error) == ("delivered", 1, 200, "")
    assert delivery.delivered_at


def test_a_changed_body_does_not_verify():
    good = webhooks.signature("secret", 100, b"body")
    others = [("secret", 100, b"bodz"), ("secret", 101, b"body"), ("secres", 100, b"body")]
    assert good not in [webhooks.signature(*other) for other in others]


def test_every_move_is_told_and_nothing_that_is_secret(hook, listener, place, actors):
    order = place(admin={"password": "Correct-Horse-9"})
    actions.perform(order.pk, "approve", actors["bob"])
    for action in ("start", "complete"):
        actions.perform(order.pk, action, actors["system"])
    webhooks.deliver_queued()
    told = [json.loads(body) for _, _, body in listener.requests]
    assert [(one["event"], one["order"]["status"]) for one in told] == [
        ("order.placed", "pending"),
        ("order.approve", "approved"),
        ("order.start", "in_progress"),
        ("order.complete", "completed"),
    ]
    order.refresh_from_db()
    secrets = ["Correct-Horse-9", order.secrets["trunk"]["password"], hook[1]]
    secrets += [extension["password"] for extension in order.secrets["extensions"].values()]
    text = " ".join(f"{headers} {body.decode()}" for _, headers, body in listener.requests)
    assert not any(secret in text for secret in secrets)


def test_a_correction_is_told(hook, listener, place, actors):
    from voipbox.orders import intake

    actions.amend(place().pk, intake.Amendment(company="Acme Again"), actors["bob"], "they married")
    webhooks.deliver_queued()
    told = [json.loads(body) for _, _, body in listener.requests]
    assert [(one["event"], one["order"]["company"] == "Acme Again") for one in told] == [
        ("order.placed", False),
        ("order.amended", True),
    ]


def test_a_refused_order_is_not_told(hook, place):
    with pytest.raises(Refused):
        place(number=None)
    assert WebhookDelivery.objects.count() == 0


def test_only_events_that_are_wanted_are_told(actors, listener, place):
    webhooks.create(listener.url, ["order.approve", "order.cancel"], actors["dora"])
    order = place()
    actions.perform(order.pk, "approve", actors["bob"])
    webhooks.deliver_queued()
    assert [headers["Voipbox-Event"] for _, headers, _ in listener.requests] == ["order.approve"]


def test_each_endpoint_is_told_with_its_own_secret(actors, listener, place):
    secrets = [webhooks.create(f"{listener.url}/{number}", [], actors["dora"])[1] for number in range(2)]
    place()
    assert webhooks.deliver_queued() == 2
    for path, headers, body in listener.requests:
        seconds = int(headers["Voipbox-Signature"].split(",")[0][2:])
        assert headers["Voipbox-Signature"] == webhooks.signature(secrets[int(path[-1])], seconds, body)
    assert len({headers["Voipbox-Delivery"] for _, headers, _ in listener.requests}) == 2


def test_a_failure_is_repeated_with_longer_pauses_until_it_is_given_up(hook, listener, place, pass_time):
    listener.statuses = [500] * 20
    place()
    pauses = []
    for attempt in range(1, 11):
        before = clock.now()
        assert webhooks.deliver_queued() == 0
        delivery = WebhookDelivery.objects.get()
        assert (delivery.attempts, delivery.status_code, delivery.error) == (attempt, 500, "answered 500")
        if delivery.state == "queued":
            assert webhooks.deliver_queued() == 0
            assert WebhookDelivery.objects.get().attempts == attempt
            pauses.append(round((delivery.next_try_at - before).total_seconds()))
            pass_time(seconds=pauses[-1] + 1)
    assert pauses == [30 * 2**number for number in range(9)]
    assert delivery.state == "failed"
    pass_time(days=30)
    assert webhooks.deliver_queued() == 0
    assert len(listener.requests) == 10


def test_a_repeated_delivery_has_the_same_identity_and_body_and_a_signature_of_its_own(hook, listener, place, pass_time):
    listener.statuses = [500, 503]
    place()
    for _ in range(3):
        webhooks.deliver_queued()
        pass_time(hours=1)
    assert len(listener.requests) == 3
    assert len({headers["Voipbox-Delivery"] for _, headers, _ in listener.requests}) == 1
    assert len({body for _, _, body in listener.requests}) == 1
    assert len({headers["Voipbox-Signature"] for _, headers, _ in listener.requests}) == 3
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.error) == ("delivered", 3, "")


def test_a_listener_that_is_down_loses_nothing(actors, listener, place, pass_time, closed_port):
    endpoint, _ = webhooks.create(f"http://127.0.0.1:{closed_port}/", [], actors["dora"])
    place()
    assert webhooks.deliver_queued() == 0
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.status_code, delivery.error) == ("queued", 1, None, "ConnectError")
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(url=listener.url)
    pass_time(minutes=1)
    assert webhooks.deliver_queued() == 1
    assert len(listener.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(hook, listener, place, status):
    listener.statuses, listener.location = [status], f"{listener.url}/elsewhere"
    place()
    assert webhooks.deliver_queued() == 0
    assert [path for path, _, _ in listener.requests] == ["/hook"]
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.error) == ("queued", f"answered {status}")


@pytest.mark.parametrize("url", ["http://x\x01y.example/", f"http://{'a' * 70}.example/", "http://a..b/", "http://xn--/"])
def test_an_address_that_no_longer_makes_sense_holds_up_no_other(actors, hook, listener, place, url):
    WebhookEndpoint.objects.create(url=url, secret="secret")
    place()
    place()
    assert webhooks.deliver_queued() == 2
    assert len(listener.requests) == 2
    bad = WebhookDelivery.objects.exclude(endpoint=hook[0])
    assert sorted((one.state, one.attempts) for one in bad) == [("queued", 0), ("queued", 1)]
    assert [one for one in bad if one.attempts and one.error]


def test_a_daemon_died_while_it_delivered(hook, listener, place):
    place()
    WebhookDelivery.objects.update(state="sending", claimed_at=clock.now() - datetime.timedelta(minutes=1))
    assert webhooks.deliver_queued() == 0
    WebhookDelivery.objects.update(claimed_at=clock.now() - datetime.timedelta(minutes=6))
    assert webhooks.deliver_queued() == 1
    assert len(listener.requests) == 1


def test_what_is_claimed_at_once_ends_before_it_counts_as_abandoned():
    assert webhooks._ABANDONED.total_seconds() > 10 * webhooks._TOTAL


def test_the_secret_is_sealed_and_not_in_the_audit(hook):
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM orders_webhookendpoint")
        stored = cursor.fetchone()[0]
    assert stored.startswith("gAAAA")
    assert hook[1] not in stored
    assert WebhookEndpoint.objects.get().secret == hook[1]
    event = AuditEvent.objects.get(action="webhook_create")
    assert hook[1] not in f"{event.before}{event.after}{event.reason}"
    assert event.actor == "dora@people.example"


def test_an_endpoint_that_is_removed_is_told_nothing_more(hook, listener, place, actors):
    place()
    webhooks.remove(hook[0], actors["dora"])
    place()
    assert webhooks.deliver_queued() == 0
    assert listener.requests == []
    assert WebhookDelivery.objects.count() == 0
    assert AuditEvent.objects.get(action="webhook_remove").before == {"url": listener.url}


def test_an_endpoint_that_is_switched_off_is_told_later(hook, listener, place):
    place()
    WebhookEndpoint.objects.update(active=False)
    place()
    assert webhooks.deliver_queued() == 0
    WebhookEndpoint.objects.update(active=True)
    assert webhooks.deliver_queued() == 1


@pytest.mark.django_db(transaction=True)
def test_an_endpoint_that_is_removed_in_the_middle_holds_up_no_other(actors, listener, place):
    other = webhooks.create(f"{listener.url}/first", [], actors["dora"])[0]
    webhooks.create(f"{listener.url}/second", [], actors["dora"])

    def remove():
        WebhookEndpoint.objects.filter(pk=other.pk).delete()
        connections.close_all()

    listener.before_answer = remove
    place()
    webhooks.deliver_queued()
    assert [path for path, _, _ in listener.requests] == ["/hook/first", "/hook/second"]
    assert [one.state for one in WebhookDelivery.objects.all()] == ["delivered"]


def test_an_address_is_looked_at_again_before_each_delivery(hook, listener, place, public_only):
    place()
    assert webhooks.deliver_queued() == 0
    assert listener.requests == []
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.error) == ("queued", 1, "is not https")


def test_a_name_is_looked_up_once_and_that_address_is_reached(actors, listener, place, monkeypatch):
    """A second look-up could lead to another machine than the one that was judged."""
    asked, real = [], socket.getaddrinfo

    def resolve(host, *rest, **more):
        if host != "billing.example.com":
            return real(host, *rest, **more)
        asked.append(host)
        return real("127.0.0.1" if len(asked) == 2 else "127.0.0.9", *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    port = listener.server_address[1]
    webhooks.create(f"http://billing.example.com:{port}/hook", ["order.placed"], actors["dora"])
    place()
    assert webhooks.deliver_queued() == 1
    assert asked == ["billing.example.com"] * 2
    assert listener.requests[0][1]["Host"] == f"billing.example.com:{port}"


def test_one_delivery_at_a_time_goes_to_an_endpoint(hook, listener, place):
    place()
    place()
    first = webhooks._claim()
    assert webhooks._claim() is None
    assert webhooks._deliver(first)
    assert webhooks._claim() is not None


def test_whoever_does_not_take_one_holds_up_nobody(actors, listener, place, closed_port):
    down, _ = webhooks.create(f"http://127.0.0.1:{closed_port}/", ["order.placed"], actors["dora"])
    webhooks.create(listener.url, ["order.placed"], actors["dora"])
    for _ in range(3):
        place()
    assert webhooks.deliver_queued() == 3
    assert sorted(WebhookDelivery.objects.filter(endpoint=down).values_list("attempts", flat=True)) == [0, 0, 1]


@pytest.mark.django_db(transaction=True)
def test_two_daemons_deliver_each_once(actors, hook, listener, place):
    webhooks.create(listener.url, ["order.placed"], actors["dora"])
    listener.before_answer = lambda: time.sleep(0.02)
    for _ in range(12):
        place()
    counts = at_once(lambda _: webhooks.deliver_queued(), range(2))
    assert sum(counts) == 24
    assert all(counts)
    identities = [headers["Voipbox-Delivery"] for _, headers, _ in listener.requests]
    assert sorted(identities) == sorted(str(one) for one in WebhookDelivery.objects.values_list("identity", flat=True))
    assert set(WebhookDelivery.objects.values_list("state", "attempts")) == {("delivered", 1)}
    assert Order.objects.count() == 12
