"""Real pages in Debian's Chromium, against Django's live server; people, catalog and orders as in the controller's tests.

A test fails on any error in the console, any violation of the content policy and any request to another host.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

import tests.controller.conftest  # noqa: F401 - Django on a database of its own
from tests.numbers.conftest import market, provider_lab  # noqa: F401 - fixtures
from tests.regulatory.conftest import bring, give, order, walk, world  # noqa: F401 - fixtures

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # playwright keeps a loop in this thread
pytest_plugins = ["tests.controller.fixtures"]

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1360, "height": 900}
_LIMIT = 60_000  # ms that a condition is waited for: it is met at once, also on a machine that is busy with something else
expect.set_options(timeout=_LIMIT)


def chromium() -> str | None:
    """Where Chromium is."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Each test here needs committed rows, for the server has a connection of its own."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture(scope="session")
def chrome() -> Iterator[Browser]:
    """One browser for all tests."""
    path = chromium()
    assert path, "Chromium is missing: scripts/browser-tools brings it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


class Watch:
    """What a page must not do. allow: status codes that the test expects, for Chromium notes each as an error."""

    def __init__(self, page: Page, base: str) -> None:
        self.faults: list[str] = []
        self.allow: set[int] = set()
        self._base = urlsplit(base).netloc
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        if any(f"status of {code}" in message.text for code in self.allow):
            return
        self.faults.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.netloc != self._base:
            self.faults.append(f"request to another host: {request.url}")


@pytest.fixture
def open_page(chrome: Browser, live_server: Any, settings: Any, transactional_db: None) -> Iterator[Callable[..., Page]]:
    """A page of somebody: open_page(user, size=PHONE, script=False); None for nobody. page.watch has what was seen."""
    pages: list[tuple[Page, Watch]] = []
    contexts = []

    def make(user: Any = None, size: dict[str, int] | None = None, script: bool = True) -> Page:
        context = chrome.new_context(
            base_url=live_server.url, viewport=size or DESK, java_script_enabled=script, locale="en-US", timezone_id="UTC"
        )  # type: ignore[arg-type] # playwright's own mapping type
        contexts.append(context)
        context.set_default_timeout(_LIMIT)
        if user is not None:
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session_of(user), "url": live_server.url}])
        page = context.new_page()
        watch = Watch(page, live_server.url)
        page.watch = watch  # type: ignore[attr-defined] # for tests that expect a status
        pages.append((page, watch))
        return page

    yield make
    faults = [fault for _, watch in pages for fault in watch.faults]
    for context in contexts:
        context.close()
    assert not faults, "\n".join(faults)


def session_of(user: Any) -> str:
    """The key of a fresh session of somebody, as signing in makes it."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = _backend()
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.save()
    assert store.session_key
    return store.session_key


def _backend() -> str:
    from django.conf import settings

    return settings.AUTHENTICATION_BACKENDS[0]


def serious(page: Page) -> list[str]:
    """What axe finds that is serious or critical, one line an element."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        f"{item['id']}: {node['target']} {node['html'][:160]} {[c['message'] for c in node['any'] + node['all']][:1]}"
        for item in found
        if item["impact"] in ("serious", "critical")
        for node in item["nodes"]
    ]


def shot(page: Page, name: str) -> None:
    """A picture of the page in the folder BROWSER_SHOTS, where that is set."""
    folder = os.environ.get("BROWSER_SHOTS")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
