# SPDX-License-Identifier: GPL-3.0-or-later
"""Signed callbacks, sent by a thread: with further attempts, and late, twice or out of order where a test wants that."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import ipaddress
import itertools
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

from .settings import Settings

TIMEOUT = 60  # seconds that the provider waits for an answer
_PORTS = {"http": 80, "https": 443}
_TICK = 0.03  # seconds between looks at what is due


def _pairs(payload: Mapping[str, Any]) -> str:
    return "".join(f"{key}{_text(payload[key])}" for key in sorted(payload))


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else "" if value is None else str(value)


def signature(secret: str, url: str, payload: Mapping[str, Any] | list[dict[str, Any]]) -> str:
    """Hex HMAC-SHA1 of the URL with its port written out, then all pairs of the payload sorted by key."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    user, _, _ = parts.netloc.rpartition("@")
    plain = f"{parts.scheme}://{user + '@' if user else ''}{host}:{parts.port or _PORTS.get(parts.scheme, 443)}{parts.path}"
    plain += (f"?{parts.query}" if parts.query else "") + (f"#{parts.fragment}" if parts.fragment else "")
    pairs = "".join(map(_pairs, payload)) if isinstance(payload, list) else _pairs(payload)
    return hmac.new(secret.encode(), (plain + pairs).encode(), hashlib.sha1).hexdigest()


@dataclass
class Delivery:
    """One callback. Parameters: url, as it was ordered; due, when it is sent next; held, until a test lets it go."""

    id: int
    url: str
    method: str
    payload: dict[str, Any] | list[dict[str, Any]]
    due: datetime.datetime
    held: bool = False
    wrong_signature: bool = False
    state: str = "waiting"
    attempts: list[dict[str, Any]] = field(default_factory=list)


class Callbacks:
    """Parameters: now, the sandbox's present; settings; lock, the sandbox's; secret, of the account, empty: none is sent."""

    def __init__(
        self, now: Callable[[], datetime.datetime], settings: Callable[[], Settings], lock: threading.RLock, secret: str
    ) -> None:
        self._now = now
        self._settings = settings
        self._lock = lock
        self.secret = secret
        self._ids = itertools.count(1)
        self._all: list[Delivery] = []
        self._plan: list[dict[str, Any]] = []
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, tick: Callable[[], None]) -> None:
        """Send from a thread. Parameters: tick, done before each look (with the lock held)."""
        self._thread = threading.Thread(target=self._run, args=(tick,), name="didww callbacks", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Send no more."""
        self._stopping.set()
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join(timeout=5)

    def clear(self) -> None:
        """Forget all of them and the plan."""
        self._all.clear()
        self._plan.clear()

    def plan(self, rule: dict[str, Any]) -> None:
        """Script the next callback of a type. Parameters: rule, with type (empty: any), copies, delay (seconds), hold, drop,
        wrong_signature, times. Raises ValueError for what is not known."""
        wrong = set(rule) - {"type", "copies", "delay", "hold", "drop", "wrong_signature", "times"}
        if wrong:
            raise ValueError(f"A plan has no {', '.join(sorted(wrong))}.")
        self._plan.append({"times": 1, **rule})

    def _rule(self, kind: str) -> dict[str, Any]:
        for rule in self._plan:
            if rule.get("type", "") in ("", kind):
                rule["times"] -= 1
                if rule["times"] <= 0:
                    self._plan.remove(rule)
                return rule
        return {}

    def tell(self, url: str | None, method: str | None, payload: dict[str, Any] | list[dict[str, Any]]) -> None:
        """Send a callback soon. Without a secret or a URL there is none."""
        if not url or not self.secret:
            return
        first = payload[0] if isinstance(payload, list) else payload
        rule = self._rule(str(first["type"]))
        if rule.get("drop"):
            return
        for _ in range(int(rule.get("copies", 1))):
            due = self._now() + datetime.timedelta(seconds=float(rule.get("delay", 0)))
            self._all.append(
                Delivery(
                    next(self._ids),
                    url,
                    (method or "post").lower(),
                    payload,
                    due,
                    bool(rule.get("hold")),
                    bool(rule.get("wrong_signature")),
                )
            )

    def release(self, newest_first: bool) -> int:
        """Let held ones go, one after the other; how many."""
        held = [delivery for delivery in self._all if delivery.held]
        for delivery in reversed(held) if newest_first else held:
            delivery.held = False
            self._all.remove(delivery)
            self._all.append(delivery)
        return len(held)

    def resend(self, identifier: int) -> None:
        """Send one again. Raises KeyError for one that is not there."""
        found = {delivery.id: delivery for delivery in self._all}[identifier]
        self._all.append(Delivery(next(self._ids), found.url, found.method, found.payload, self._now()))

    def listed(self) -> list[dict[str, Any]]:
        """All of them with their attempts."""
        return [
            {
                "id": delivery.id,
                "url": delivery.url,
                "method": delivery.method,
                "payload": delivery.payload,
                "due": delivery.due.isoformat(),
                "state": "held" if delivery.held else delivery.state,
                "attempts": list(delivery.attempts),
            }
            for delivery in self._all
        ]

    def _run(self, tick: Callable[[], None]) -> None:
        with httpx.Client(timeout=TIMEOUT, trust_env=False, follow_redirects=False) as client:
            while not self._stopping.wait(_TICK):
                with self._lock:
                    tick()
                    due = [each for each in self._all if each.state == "waiting" and not each.held and each.due <= self._now()]
                for delivery in due:
                    self._attempt(client, delivery)

    def _attempt(self, client: httpx.Client, delivery: Delivery) -> None:
        """One attempt, and what follows from it."""
        with self._lock:
            url, headers, body = self._prepare(delivery)
        if not _is_loopback(url):
            outcome: int | str = "not sent: a sandbox calls loopback addresses only"
        else:
            try:
                outcome = client.request(delivery.method.upper(), url, headers=headers, content=body).status_code
            except httpx.HTTPError as error:
                outcome = type(error).__name__
        good = isinstance(outcome, int) and 200 <= outcome < 300  # noqa: PLR2004 - parts of a path, classes of a status
        with self._lock:
            delivery.attempts.append({"at": self._now().isoformat(), "outcome": outcome})
            pauses = self._settings().callback_retries
            if good:
                delivery.state = "delivered"
            elif len(delivery.attempts) > len(pauses):
                delivery.state = "given up"
            else:
                delivery.due = self._now() + datetime.timedelta(seconds=pauses[len(delivery.attempts) - 1])

    def _prepare(self, delivery: Delivery) -> tuple[str, dict[str, str], bytes | None]:
        """Where it goes, with which headers and body. With GET the payload stands in the URL, and is signed a second time."""
        url, payload = delivery.url, delivery.payload
        headers, body = {}, None
        if isinstance(payload, list):
            headers["Content-Type"], body = "application/json", json.dumps(payload).encode()
        else:
            form = urlencode({key: _text(value) for key, value in payload.items()})
            if delivery.method == "get":
                url += ("&" if urlsplit(url).query else "?") + form
            else:
                headers["Content-Type"], body = "application/x-www-form-urlencoded", form.encode()
        secret = "another secret" if delivery.wrong_signature else self.secret
        headers["X-DIDWW-Signature"] = signature(secret, url, payload)
        for prefix, target in self._settings().callback_targets.items():
            if url.startswith(prefix):
                return target + url[len(prefix) :], headers, body
        return url, headers, body


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
