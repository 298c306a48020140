"""What provisioning would change, asked of a lab in check mode."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.controller.conftest import ROOT
from tests.controller.fixtures import order_data
from tests.controller.installation import Installation

pytestmark = pytest.mark.long(32)

_ASK = (
    "from voipbox.core.start import django_ready; django_ready()\n"
    "from voipbox.core.people import operator_of_this_machine\n"
    "from voipbox.orders.models import Order\nfrom voipbox.provisioning import plan\n"
    "order = Order.objects.select_related('server', 'provider').get(domain={domain!r})\n"
    "print(plan.ask(order, operator_of_this_machine()).pk)\n"
)


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    installation = Installation(tmp_path).start()
    yield installation
    installation.stop()


def ask(installation: Installation, domain: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", _ASK.format(domain=domain)], env=installation.environment, cwd=ROOT, text=True, check=True,
        capture_output=True,
    )  # fmt: skip
    return int(done.stdout)


def made(installation: Installation, plan: int) -> dict[str, Any]:
    """The row of a plan once the daemon made it."""
    finished = "SELECT 1 FROM provisioning_plan WHERE id = %s AND state <> 'waiting'"
    installation.wait(lambda: installation.sql(finished, [plan]) != [])
    rows = installation.sql("SELECT state, answer, words FROM provisioning_plan WHERE id = %s", [plan])
    return dict(zip(("state", "answer", "words"), rows[0], strict=True))


def test_plans_tell_what_would_be_and_change_nothing(installation: Installation) -> None:
    installation.daemon()
    installation.place(order_data(domain="acme.pbx-1.example.com"))
    first = ask(installation, "acme.pbx-1.example.com")
    plan = made(installation, first)
    assert plan["state"] == "ready", plan["words"]
    created = plan["answer"]["created"]
    assert any(text.startswith("domain") for text in created)
    assert len([text for text in created if text.startswith("extension ")]) == 10
    assert any(text.startswith("gateway ") for text in created)
    assert installation.statuses() == {"pending": 1}
    again = ask(installation, "acme.pbx-1.example.com")
    assert again != first
    assert made(installation, again)["answer"] == plan["answer"]
    assert not list(installation.runs.iterdir())
    installation.labs[0].down()
    failed = made(installation, ask(installation, "acme.pbx-1.example.com"))
    assert failed["state"] == "failed" and "Nothing was changed" in failed["words"]
