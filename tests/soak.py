"""Random kills -9 over orders on a lab: python -m tests.soak [--kills 200] [--orders 22] [--seed N].

Killed are the daemon, the processes of runs, the controller's database, the web process and the lab's switch; what would start
them again on a real machine is done at once. No order, number or run is touched by anybody.
"""

from __future__ import annotations

import argparse
import collections
import os
import random
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import yaml
from voipbox_lab.provider_lab import FIRST, ProviderLab
from voipbox_lab.providers.control import SandboxControl

from tests.controller.fixtures import order_data
from tests.controller.installation import Installation

TARGETS = ("daemon", "run", "database", "web", "switch")
_PATIENCE = 1500.0  # seconds for what is left after the last kill
_CHANCES = 5
_CATALOG = Path(__file__).resolve().parents[1] / "examples" / "catalog" / "lab.yml"


@dataclass
class Figures:
    """What came out. paid: by number, how often; acts: by people after the approval."""

    seed: int
    kills: collections.Counter[str] = field(default_factory=collections.Counter)
    statuses: collections.Counter[str] = field(default_factory=collections.Counter)
    paid: collections.Counter[str] = field(default_factory=collections.Counter)
    wanted: set[str] = field(default_factory=set)
    acts: collections.Counter[str] = field(default_factory=collections.Counter)
    runs: collections.Counter[str] = field(default_factory=collections.Counter)
    welcomes: int = 0
    seconds: float = 0.0
    reasons: list[str] = field(default_factory=list)

    def held(self) -> bool:
        """Every order completed, each number paid once and no other, one welcome each, and nobody did anything."""
        count = len(self.wanted)
        once = self.paid == collections.Counter(self.wanted)
        return once and self.statuses == {"completed": count} and self.welcomes == count and not self.acts

    def lines(self) -> str:
        """For people."""
        killed = ", ".join(f"{target} {self.kills[target]}" for target in TARGETS)
        once = sum(times == 1 for times in self.paid.values())
        return "\n".join(
            [
                f"seed {self.seed}: {sum(self.kills.values())} kills ({killed}) in {self.seconds:.0f} s",
                f"orders completed: {self.statuses['completed']} of {len(self.wanted)} ({dict(self.statuses)})",
                f"numbers paid once: {once} of {len(self.wanted)}; numbers paid in all: {sum(self.paid.values())}",
                f"runs: {dict(self.runs)}; welcome mails: {self.welcomes}",
                f"acts by people after the approval: {sum(self.acts.values())} {dict(self.acts) or ''}",
                *self.reasons,
            ]
        )


class Soak:
    """Parameters: folder, fresh; orders, how many; kills, how many; seed; pause, the longest between two kills, in seconds."""

    def __init__(self, folder: Path, orders: int, kills: int, seed: int, pause: float = 4.0) -> None:
        self._pause = pause
        self._orders, self._kills, self._random = orders, kills, random.Random(seed)
        self.figures = Figures(seed)
        self.providers = ProviderLab(folder / "providers")
        self.home = Installation(folder / "home", run_retry_delay=2)
        self.control: SandboxControl | None = None

    def run(self) -> Figures:
        """Everything, from an empty folder to the figures."""
        begun = time.monotonic()
        try:
            self._begin()
            self._strike_all()
            self._end()
        finally:
            self.home.stop()
            self.providers.down()
        self.figures.seconds = time.monotonic() - begun
        return self.figures

    def _begin(self) -> None:
        home = self.home
        self.providers.up()
        catalog = self.providers.catalog()
        for account in catalog["accounts"]:
            if account["slug"] == FIRST:
                account["options"]["landing_time"] = "20"  # the sandbox makes what it is asked for at once
        home.start()
        home.voipbox("catalog", "import", "-", text=yaml.safe_dump(catalog))
        home.voipbox("account", "credentials", FIRST, "-", text=yaml.safe_dump(self.providers.credentials(FIRST)))
        home.voipbox("catalog", "import", str(_CATALOG))
        self.control = SandboxControl(self.providers.url(FIRST))
        self.control.call("POST", "/settings", registers_at=catalog["accounts"][0]["options"]["pop"])
        self.control.balance("100000")
        items: list[dict[str, Any]] = [{"product": "canada-number"}, {"product": "office-5"}]
        numbers = [f"+1416555{number:04d}" for number in range(100, 100 + self._orders)]
        home.place(
            *[
                order_data(domain=f"soak{index}.pbx-1.example.com", items=items, number=number, trunk=None)
                for index, number in enumerate(numbers)
            ]
        )
        self.figures.wanted = set(numbers)
        self._start_web()
        self.daemon = home.daemon()
        self.token = home.token("orders:read", "orders:act")

    def _strike_all(self) -> None:
        approved = 0
        for done in range(self._kills):
            while approved < self._orders and approved * self._kills <= done * self._orders:
                approved += 1
                self._approve(approved)
            time.sleep(self._random.uniform(0.2, self._pause))
            self._keep_daemon()
            self._strike(self._random.choice(TARGETS))
        while approved < self._orders:
            approved += 1
            self._approve(approved)

    def _approve(self, number: int) -> None:
        """As a program does whose call may be lost: again, until it is approved."""

        def approved() -> bool:
            try:
                httpx.post(
                    f"{self.base}/api/v1/orders/{number}/actions/approve", json={}, timeout=20,
                    headers={"Authorization": f"Bearer {self.token}"},
                )  # fmt: skip
            except httpx.HTTPError:
                return False
            return self.home.sql("SELECT status FROM orders_order WHERE id = %s", [number]) != [("pending",)]

        self.home.wait(approved, 120)

    def _strike(self, target: str) -> None:
        """Kill it, and do what starts it again. A run that is not there is waited for as long as one may come."""
        if target == "run":
            deadline = time.monotonic() + 15
            while not self._kill_run():
                if time.monotonic() > deadline:
                    target = "daemon"
                    break
                time.sleep(0.05)
        if target == "daemon":
            self.daemon.kill()
            self.daemon.wait()
            self.daemon = self.home.daemon()
        elif target == "web":
            self.web.kill()
            self.web.wait()
            self._start_web()
        elif target == "database":
            self.home.kill_database()
        elif target == "switch":
            self._kill_switch()
            time.sleep(self._random.uniform(0, 1))
            self.home.labs[0].up()
        self.figures.kills[target] += 1

    def _kill_switch(self) -> None:
        config = str(self.home.labs[0].config_path)
        for one in psutil.process_iter(["cmdline"]):
            words = one.info["cmdline"] or []
            if "voipbox_lab.switch" in words and config in words:
                one.kill()
                psutil.wait_procs([one], 10)

    def _start_web(self) -> None:
        for chance in range(_CHANCES):
            try:
                self.base = self.home.web()
            except AssertionError:
                if chance == _CHANCES - 1:
                    raise
            else:
                self.web = self.home.daemons[-1]
                return

    def _keep_daemon(self) -> None:
        """Start it again where it ended with the database."""
        if self.daemon.poll() is not None:
            self.daemon = self.home.daemon()

    def _kill_run(self) -> bool:
        try:
            children = psutil.Process(self.daemon.pid).children(recursive=True)
            runs = [one for one in children if {"voipbox.provisioning.child", "deploy"} <= set(one.cmdline())]
            books = [one for one in children if any("ansible-playbook" in word for word in one.cmdline())]
        except psutil.Error:
            return False
        for one in self._random.sample(runs + books, 1) if runs else []:
            os.kill(one.pid, signal.SIGKILL)
            return True
        return False

    def _settled(self) -> bool:
        self._keep_daemon()
        return self.home.settled()

    def _end(self) -> None:
        assert self.control is not None
        home, figures = self.home, self.figures
        try:
            home.wait(self._settled, _PATIENCE)
        except AssertionError as error:
            figures.reasons.append(str(error)[-4000:])
        rows = home.sql("SELECT id, status, reason FROM orders_order ORDER BY id")
        figures.statuses = collections.Counter(status for _, status, _ in rows)
        figures.reasons += [f"order {number} is {status}: {reason}" for number, status, reason in rows if status != "completed"]
        figures.paid = collections.Counter(sold["number"] for sold in self.control.purchases())
        acts = (
            "SELECT action, actor FROM orders_auditevent WHERE actor <> 'voipbox' AND order_id IS NOT NULL AND action <> ALL(%s)"
        )
        figures.acts = collections.Counter(f"{action} by {who}" for action, who in home.sql(acts, [["submit", "approve"]]))
        figures.runs = collections.Counter(state for (state,) in home.sql("SELECT state FROM provisioning_run"))
        figures.welcomes = home.sql("SELECT count(*) FROM orders_mail WHERE kind = 'welcome' AND state = 'sent'")[0][0]


def main() -> int:
    """Soak, print the figures; 1 where they are not what they must be."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--orders", type=int, default=22)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--folder", type=Path, help="keep everything here")
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="voipbox-soak-"))
    figures = Soak(folder, arguments.orders, arguments.kills, arguments.seed).run()
    print(figures.lines())
    return 0 if figures.held() else 1


if __name__ == "__main__":
    sys.exit(main())
