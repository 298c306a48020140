"""Pages that follow what happens: asked with the beat they show, they answer nothing until something happened."""

from __future__ import annotations

import re
from typing import Any

import pytest

pytestmark = pytest.mark.django_db


def beat(page: Any) -> str:
    """The beat that a page shows, with parts that are all on it."""
    text = page.content.decode()
    found = re.search(r'id="follow" data-beat="([^"]+)" data-parts="([^"]+)"', text)
    assert found, page.request["PATH_INFO"]
    for part in found[2].split():
        assert text.count(f'id="{part}"') == 1, part
    return found[1]


PAGES = (
    ("alice", "/my/"), ("alice", "/my/orders/{}/"), ("bob", "/staff/"), ("bob", "/staff/orders/"), ("bob", "/staff/orders/{}/"),
    ("eve", "/staff/orders/?status=approved"),
)  # fmt: skip


@pytest.mark.parametrize(("who", "path"), PAGES)
def test_a_page_follows_an_order(
    who: str, path: str, browse: Any, place: Any, actors: Any, django_assert_max_num_queries: Any
) -> None:
    from voipbox.orders import actions

    order, browser = place("alice"), browse(who)
    path = path.format(order.pk)
    seen = beat(browser.get(path))
    with django_assert_max_num_queries(18):
        quiet = browser.get(path, headers={"X-Beat": seen})
    assert quiet.status_code == 204 and quiet.content == b""
    actions.perform(order.pk, "approve", actors["bob"])
    fresh = browser.get(path, headers={"X-Beat": seen})
    assert fresh.status_code == 200 and beat(fresh) != seen


def test_the_list_of_runs_and_a_run_follow(browse: Any, place: Any) -> None:
    from voipbox.core import clock
    from voipbox.provisioning.models import Run

    order, bob = place(), browse("bob")
    run = Run.objects.create(server=order.server, started_at=clock.now())
    seen = {path: beat(bob.get(path)) for path in ("/staff/runs/", f"/staff/runs/{run.pk}/")}
    for path, shown in seen.items():
        assert bob.get(path, headers={"X-Beat": shown}).status_code == 204
    Run.objects.filter(pk=run.pk).update(state=Run.State.SUCCEEDED)
    for path, shown in seen.items():
        assert bob.get(path, headers={"X-Beat": shown}).status_code == 200


def test_the_ledger_on_an_open_page_follows_the_purchase(browse: Any, order: Any, walk: Any) -> None:
    from voipbox.numbers import advance

    one, bob = order(), browse("bob")
    walk(one, "placed")
    path = f"/staff/orders/{one.pk}/"
    seen = beat(bob.get(path))
    advance.advance(one.pk)
    fresh = bob.get(path, headers={"X-Beat": seen})
    part = fresh.content.decode().partition('id="numbers-part"')[2].partition('id="plan"')[0]
    assert "Confirmed" in part and "Planned" not in part


def test_nobody_follows_what_is_not_theirs(browse: Any, place: Any) -> None:
    order = place("alice")
    for who, status in (("charlie", 404), ("bob", 403), ("", 302)):
        assert browse(who).get(f"/my/orders/{order.pk}/", headers={"X-Beat": "x"}).status_code == status
    assert browse("alice").get(f"/staff/orders/{order.pk}/", headers={"X-Beat": "x"}).status_code == 403
