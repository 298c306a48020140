# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints under /_sim/, by which tests and the demonstration steer a sandbox, and their client."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import httpx
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from .sandbox import Sandbox

PREFIX = "/_sim/"
Action = Callable[[dict[str, Any]], Any]
"""Takes the JSON body together with the query and the parts of the path; returns JSON."""


class Controls:
    """The endpoints of a sandbox: those that all have, and its own."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        actions: dict[str, Action] = {
            "GET /ping": lambda _: True,
            "POST /reset": self._reset,
            "POST /seed": sandbox.reset,
            "GET /clock": lambda _: sandbox.clock.now().isoformat(),
            "POST /clock": self._clock,
            "POST /balance": lambda given: sandbox.set_balance(str(given["amount"])),
            "POST /fail": self._fail,
            "GET /faults": lambda _: sandbox.faults.listed(),
            "POST /faults": self._fault,
            "DELETE /faults": lambda _: sandbox.faults.clear(),
            "GET /journal": lambda given: sandbox.journal.calls(given.get("name", "")),
            "DELETE /journal": lambda _: sandbox.journal.clear(),
            "GET /purchases": lambda given: sandbox.journal.purchases(given.get("number", ""), given.get("reference", "")),
            **sandbox.controls(),
        }
        self._map = Map([_rule(text, action) for text, action in actions.items()])

    def answer(self, request: Request) -> Response:
        """Do what an endpoint says. What is wrong with a request is answered with 400 and a sentence."""
        try:
            action, parts = self._map.bind_to_environ(request.environ).match()
            given = json.loads(request.get_data() or b"{}")
            if not isinstance(given, dict):
                raise ValueError("the body is no JSON object")
            with self._sandbox.lock:
                self._sandbox.land()
                result = action({**request.args.to_dict(), **given, **parts})
        except HTTPException as error:
            return _answered(error.code or 500, {"error": error.description})
        except (KeyError, ValueError, TypeError) as error:
            return _answered(400, {"error": f"{type(error).__name__}: {error}"})
        return _answered(200, {"result": result})

    def _reset(self, _: dict[str, Any]) -> None:
        self._sandbox.reset()

    def _clock(self, given: dict[str, Any]) -> str:
        if "set" in given:
            self._sandbox.clock.set(datetime.datetime.fromisoformat(given["set"]))
        self._sandbox.clock.advance(float(given.get("advance", 0)))
        return self._sandbox.clock.now().isoformat()

    def _fail(self, given: dict[str, Any]) -> None:
        options = {"status": int(given.get("status", 502))}
        self._sandbox.faults.add("html", given.get("match", "*"), int(given.get("calls", 1)), 0, options)

    def _fault(self, given: dict[str, Any]) -> int:
        times = given.pop("times", 1)
        match, skip = given.pop("match", "*"), int(given.pop("skip", 0))
        return self._sandbox.faults.add(given.pop("kind"), match, times, skip, given).id


def _rule(text: str, action: Action) -> Rule:
    verb, path = text.split(" ", 1)
    return Rule(PREFIX.rstrip("/") + path, methods=[verb], endpoint=action)


def _answered(status: int, body: Mapping[str, Any]) -> Response:
    return Response(json.dumps(body), status=status, mimetype="application/json")


class SandboxControl:
    """Client of a running sandbox. Parameters: url, its scheme, host and port."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/") + PREFIX.rstrip("/")

    def call(self, verb: str, path: str, **given: Any) -> Any:
        """Call an endpoint, such as POST /clock. Raises ValueError with the sandbox's sentence."""
        with httpx.Client(timeout=10, trust_env=False, verify=False) as client:
            answer = client.request(verb, self._url + path, json=given)
        body = answer.json()
        if answer.is_error:
            raise ValueError(body["error"])
        return body["result"]

    def ping(self) -> bool:
        """True when it answers."""
        return bool(self.call("GET", "/ping"))

    def reset(self) -> None:
        """Back to its first state: numbers, balance, clock; no faults, an empty journal."""
        self.call("POST", "/reset")

    def seed(self, **seed: Any) -> None:
        """The same, with another first state; what a sandbox understands stands with its reset."""
        self.call("POST", "/seed", **seed)

    def now(self) -> datetime.datetime:
        """The present there."""
        return datetime.datetime.fromisoformat(self.call("GET", "/clock"))

    def advance(self, seconds: float) -> None:
        """Move its clock forward."""
        self.call("POST", "/clock", advance=seconds)

    def set_clock(self, moment: datetime.datetime) -> None:
        """Let it be this moment there."""
        self.call("POST", "/clock", set=moment.isoformat())

    def balance(self, amount: str) -> None:
        """Let the account have this much."""
        self.call("POST", "/balance", amount=amount)

    def fail(self, calls: int = 1, match: str = "*", status: int = 502) -> None:
        """Let the next calls be answered in HTML, before anything happens."""
        self.call("POST", "/fail", calls=calls, match=match, status=status)

    def fault(self, kind: str, match: str = "*", times: int | None = 1, skip: int = 0, **options: Any) -> int:
        """Script a fault (see faults.FaultKind for kinds and options); its id."""
        return int(self.call("POST", "/faults", kind=kind, match=match, times=times, skip=skip, **options))

    def clear_faults(self) -> None:
        """Nothing goes wrong any more."""
        self.call("DELETE", "/faults")

    def faults(self) -> list[dict[str, Any]]:
        """Faults that still wait for their call."""
        return list(self.call("GET", "/faults"))

    def calls(self, name: str = "") -> list[dict[str, Any]]:
        """The journal of calls, or of those with a name."""
        return list(self.call("GET", "/journal", name=name))

    def clear_journal(self) -> None:
        """Forget calls and purchases."""
        self.call("DELETE", "/journal")

    def purchases(self, number: str = "", reference: str = "") -> list[dict[str, Any]]:
        """What was sold, or what of a number (E.164) or a reference: len() says how often."""
        return list(self.call("GET", "/purchases", number=number, reference=reference))
