"""A slow provider takes a part of the threads only, and a token asks so often and no oftener."""

from __future__ import annotations

import threading
import time

import httpx
import pytest
from django.test import Client
from voipbox.api import accounts, number_routes
from voipbox.core import interactive
from voipbox.core.config import config
from voipbox.core.people import operator_of_this_machine
from voipbox.core.total_time import TimedTransport
from voipbox.providers.errors import Busy


@pytest.fixture
def threads(monkeypatch):
    """A web process with six threads: four ask at once, two of them the same account."""
    monkeypatch.setattr(interactive, "config", lambda: config().model_copy(update={"web_threads": 6}))


def ask(account, done, over, results):
    try:
        with interactive.limited(), interactive.place(account):
            done.release()
            over.wait(20)
            results.append("asked")
    except interactive.Full:
        results.append("full")
        done.release()


def test_no_account_takes_more_than_its_share_and_all_leave_some_threads(threads):
    over, done, results = threading.Event(), threading.Semaphore(0), []
    asking = [threading.Thread(target=ask, args=(account, done, over, results)) for account in (1, 1, 1, 2, 2, 3, 3)]
    for one in asking:
        one.start()
    for _ in asking:
        assert done.acquire(timeout=20)
    over.set()
    for one in asking:
        one.join(20)
    assert sorted(results) == ["asked"] * 4 + ["full"] * 3
    with interactive.limited(), interactive.place(1), interactive.place(1):
        pass  # free again, and whoever has a place asks on


def test_two_who_search_at_one_account_are_both_answered(monkeypatch):
    monkeypatch.setattr(interactive, "config", lambda: config().model_copy(update={"web_threads": 4}))
    monkeypatch.setattr(interactive, "_PATIENCE", 20.0)
    over, done, results = threading.Event(), threading.Semaphore(0), []
    asking = [threading.Thread(target=ask, args=(1, done, over, results)) for _ in range(2)]
    for one in asking:
        one.start()
    assert done.acquire(timeout=20)
    end = time.monotonic() + 20
    while not interactive._waiting and time.monotonic() < end:
        time.sleep(0.01)
    over.set()
    for one in asking:
        one.join(20)
    assert results == ["asked", "asked"] and interactive._waiting == []


def test_jobs_are_not_limited(threads):
    with interactive.place(1), interactive.place(1), interactive.place(1):
        assert interactive.remaining() is None


def test_what_a_request_asks_ends_with_its_time():
    def slow(request):
        time.sleep(0.2)
        return httpx.Response(200)

    client = httpx.Client(transport=TimedTransport(httpx.MockTransport(slow), 60))
    with interactive.limited(0.05), pytest.raises(httpx.ReadTimeout):
        client.get("http://provider.example/")
    with interactive.limited(0.0), pytest.raises(httpx.ConnectTimeout):
        client.get("http://provider.example/")
    assert client.get("http://provider.example/").status_code == 200


def token_of(scopes):
    return {"HTTP_AUTHORIZATION": "Bearer " + accounts.add_token("robot", scopes, None, None, operator_of_this_machine())[1]}


@pytest.mark.django_db
def test_a_provider_that_is_busy_is_told_with_a_time(catalog, monkeypatch):
    def busy(*_, **__):
        raise Busy("Too many questions to Provider One are under way.")

    monkeypatch.setattr(number_routes.search, "places", busy)
    monkeypatch.setattr(number_routes, "_account", lambda *_, **__: None)
    answer = Client().get("/api/v1/numbers/places?product=canada-number&kind=country", **token_of(["orders:place"]))
    assert (answer.status_code, answer["Retry-After"]) == (503, "5"), answer.content


@pytest.mark.django_db
def test_a_token_that_asks_too_often_waits_and_others_do_not(catalog, monkeypatch):
    monkeypatch.setattr(config(), "api_per_minute", 3)
    mine = token_of(["orders:read"])
    answers = [Client().get("/api/v1/orders", **mine) for _ in range(5)]
    if answers[-1].status_code == 200:  # the minute turned in the middle
        answers = [Client().get("/api/v1/orders", **mine) for _ in range(5)]
    assert answers[0].status_code == 200 and answers[-1].status_code == 429
    assert 1 <= int(answers[-1]["Retry-After"]) <= 60
    assert "Nothing was changed" in answers[-1].json()["detail"]
    assert Client().get("/api/v1/orders", **token_of(["orders:read"])).status_code == 200
