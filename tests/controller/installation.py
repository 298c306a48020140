"""A whole installation in a folder of its own: embedded database, lab PBX servers, command line, daemons."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import psycopg
import yaml
from voipbox.embedded.ports import HOST, free_ports
from voipbox.embedded.postgres import Postgres
from voipbox_lab.lab import Lab

ROOT = Path(__file__).resolve().parents[2]
CATALOG = ROOT / "examples" / "catalog" / "shop.yml"


class Installation:
    """Parameters: folder, fresh; labs, how many PBX servers; settings, environment variables without VOIPBOX_."""

    def __init__(self, folder: Path, labs: int = 1, **settings: Any) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.runs = folder / "runs"
        self.runs.mkdir(parents=True)
        self.labs = [Lab(folder / f"lab{number}", durable=False) for number in range(1, labs + 1)]
        self.daemons: list[subprocess.Popen[bytes]] = []
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("VOIPBOX_") and name != "DATABASE_URL"},
            "VOIPBOX_STATE_DIR": str(self.state),
            "VOIPBOX_RUN_DIR": str(self.runs),
            "VOIPBOX_MAIL_STAFF": "staff@voipbox.example",
            "VOIPBOX_RUN_RETRY_DELAY": "0",
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            **{f"VOIPBOX_{name.upper()}": str(value) for name, value in settings.items()},
        }
        self.environment.pop("DJANGO_SETTINGS_MODULE", None)

    def start(self) -> Installation:
        """Labs, tables and catalog; each lab is a server pbx-1, pbx-2 ..."""
        for lab in self.labs:
            lab.up()
        self.voipbox("init")
        self.voipbox("catalog", "import", str(CATALOG))
        self.voipbox("catalog", "import", "-", text=yaml.safe_dump({"servers": [self._server(n) for n in range(len(self.labs))]}))
        return self

    def _server(self, index: int) -> dict[str, Any]:
        name = f"pbx-{index + 1}"
        return {
            "slug": name, "name": name, "base_domain": f"{name}.example.com", "default": index == 0,
            "host_variables": {
                "ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}",
                "fusionpbx_config": str(self.labs[index].config_path),
                "voipbox_sip_addresses": ["203.0.113.10/32"],
            },
        }  # fmt: skip

    def voipbox(self, *words: str, text: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a sub-command; fails loudly unless check is False."""
        done = subprocess.run(
            [sys.executable, "-m", "voipbox.cli", *words], env=self.environment, cwd=ROOT, input=text, text=True,
            capture_output=True, check=False,
        )  # fmt: skip
        assert not check or done.returncode == 0, f"voipbox {' '.join(words)}: {done.stdout}{done.stderr}"
        return done

    def python(self, code: str) -> str:
        """Run Python code in this installation; returns what it said. A command line of its own costs a second each time."""
        done = subprocess.run(
            [sys.executable, "-c", code], env=self.environment, cwd=ROOT, text=True, check=False, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        return done.stdout

    def place(self, *orders: dict[str, Any]) -> None:
        """Place orders from one YAML batch; every one must be taken."""
        path = self.folder / "batch.yml"
        path.write_text(yaml.safe_dump(list(orders), allow_unicode=True))
        self.voipbox("order", "batch", str(path))

    def approve_all(self) -> None:
        """Approve every pending order, as a person would."""
        code = (
            "from voipbox.core.start import django_ready; django_ready()\n"
            "from voipbox.core.people import operator_of_this_machine\n"
            "from voipbox.orders import actions\nfrom voipbox.orders.models import Order\n"
            "orders = list(Order.objects.select_related('server', 'provider').filter(status='pending'))\n"
            "actions.perform_many(orders, 'approve', operator_of_this_machine())\n"
        )
        self.python(code)

    def daemon(self) -> subprocess.Popen[bytes]:
        """Start a daemon; its output goes to daemon-N.log."""
        log = (self.folder / f"daemon-{len(self.daemons) + 1}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, "-m", "voipbox.cli", "daemon"], env=self.environment, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT
        )
        self.daemons.append(process)
        return process

    def web(self) -> str:
        """Start the web process on a port of its own; returns its base URL when it answers. Daemons started later know it."""
        bind = f"{HOST}:{free_ports(1)[0]}"
        self.environment.setdefault("VOIPBOX_BASE_URL", f"http://{bind}")
        with (self.folder / "web.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "voipbox.cli", "web", "--bind", bind],
                env=self.environment, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        self.daemons.append(process)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if httpx.get(f"http://{bind}/readyz", timeout=5).status_code == httpx.codes.OK:
                    return f"http://{bind}"
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
        raise AssertionError(f"the web process did not answer: {(self.folder / 'web.log').read_text()[-2000:]}")

    def token(self, *scopes: str) -> str:
        """A program's token."""
        words = [word for scope in scopes for word in ("--scope", scope)]
        return self.voipbox("token", "add", "program", *words).stdout.strip()

    def connect(self, database: str = "voipbox") -> psycopg.Connection[Any]:
        """A connection to the embedded database, which must run."""
        access = json.loads((self.state / "database" / "access.json").read_text())
        return psycopg.connect(
            host="127.0.0.1", port=access["port"], user="voipbox", password=access["password"], dbname=database, autocommit=True
        )

    def sql(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of a query on the embedded database."""
        with self.connect() as connection:
            cursor = connection.execute(query, parameters)
            return cursor.fetchall() if cursor.description else []

    def wait(self, what: Callable[[], bool], limit: float = 180) -> None:
        """Wait until something is true; outages of the database count as not yet."""
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline:
            try:
                if what():
                    return
            except psycopg.Error:
                pass
            time.sleep(0.2)
        raise AssertionError(f"not so after {limit} s\n{self.logs()}")

    def statuses(self) -> dict[str, int]:
        """How many orders stand in each status."""
        return dict(self.sql("SELECT status, count(*) FROM orders_order GROUP BY 1"))

    def settled(self) -> bool:
        """True when every order ended and no run and no mail is on its way."""
        open_orders = self.sql("SELECT count(*) FROM orders_order WHERE status NOT IN ('completed', 'failed', 'cancelled')")
        running = self.sql("SELECT count(*) FROM provisioning_run WHERE state = 'running'")
        mails = self.sql("SELECT count(*) FROM orders_mail WHERE state IN ('queued', 'sending')")
        return open_orders == running == mails == [(0,)]

    def logs(self) -> str:
        """The end of every daemon's log."""
        return "\n".join(f"{path.name}: {path.read_text()[-1500:]}" for path in sorted(self.folder.glob("daemon-*.log")))

    def kill_database(self) -> None:
        """End PostgreSQL as a power cut would."""
        pid = int((self.state / "database" / "server" / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)

    def stop_daemons(self) -> None:
        """End daemons and web processes, in order as far as they let it."""
        for daemon in self.daemons:
            daemon.terminate()
        for daemon in self.daemons:
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        self.daemons.clear()

    def stop(self) -> None:
        """End daemons, database and labs."""
        self.stop_daemons()
        Postgres(self.state / "database" / "server", self.folder / "stop.log").stop()
        for lab in self.labs:
            lab.down()
