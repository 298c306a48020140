"""schemathesis over the whole API of a running web process: no server error, every answer in its schema, and no way in."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from voipbox.api.application import schema
from voipbox.api.scopes import SCOPES

from tests.controller.fixtures import SERVERS, order_data
from tests.controller.installation import Installation

pytestmark = pytest.mark.long(110)

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
CALLS = sum(len(operations) for operations in schema()["paths"].values())
# Ids that exist are asked for most of the time: what is random is answered with 404 before anything happens.
# One worker: some Pythons 3.11 stumble over two threads that parse Python (cpython issue 106905).
CONFIG = """
{hooks}
workers = 1
[phases.coverage]
unexpected-methods = []
[dictionaries]
ids = {{values = [{ids}]}}
[parameters]
"path.order_id" = {{dictionary = "ids", probability = 0.8}}
"path.mail_id" = {{dictionary = "ids", probability = 0.8}}
"path.run_id" = {{dictionary = "ids", probability = 0.8}}
"path.webhook_id" = {{dictionary = "ids", probability = 0.5}}
"""
CLOSED = """
import schemathesis

@schemathesis.check
def nothing_is_let_in(ctx, response, case):
    assert response.status_code >= 400, f"answered {response.status_code}"
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """An installation with a web process, three orders, a run and webhooks; yields it and the web's address."""
    home = Installation(tmp_path_factory.mktemp("fuzz"), labs=0, webhook_private="true").start()
    try:
        home.voipbox("catalog", "import", "-", text=SERVERS)
        url = home.web()
        with httpx.Client(base_url=f"{url}/api/v1", headers=header(home.token(*SCOPES))) as client:
            for _ in range(3):
                assert client.post("/orders", json=order_data()).status_code == httpx.codes.CREATED
                hook = {"url": "http://127.0.0.1:9/x", "events": []}
                assert client.post("/webhooks", json=hook).status_code == httpx.codes.CREATED
        home.sql(
            "INSERT INTO provisioning_run (server_id, state, machine, started_at, cancelled_by, phase, summary, died) "
            "SELECT id, 'running', 'here', now(), '', '', '', false FROM catalog_pbxserver"
        )
        yield home, url
    finally:
        home.stop()


def header(token):
    return {"Authorization": f"Bearer {token}"}


def fuzz(home, url, token, checks, phases, examples, hooks=None):
    """Run schemathesis as a person would; returns its exit code and what it said."""
    config = home.folder / "schemathesis.toml"
    config.write_text(CONFIG.format(ids="1, 2, 3", hooks=f'hooks = "{hooks}"' if hooks else ""))
    command = [
        Path(sys.executable).parent / "schemathesis", "--config-file", config, "run", f"{url}/api/v1/openapi.json",
        "--header", f"Authorization: Bearer {token}", "--checks", checks, "--no-color",
        "--phases", phases, "--max-examples", str(examples),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=home.folder)
    faults = done.stdout.split("= WARNINGS =")[0] if "= WARNINGS =" in done.stdout else done.stdout
    return done.returncode, faults[-12000:] + done.stdout[-2000:] + done.stderr[-2000:]


def test_nothing_is_let_in_or_changed_without_a_scope(served):
    home, url = served
    hooks = home.folder / "closed.py"
    hooks.write_text(CLOSED)
    told = "SELECT count(*), max(version) FROM orders_order UNION ALL SELECT count(*), 0 FROM orders_auditevent"
    token = home.token("metrics")
    before = home.sql(told)
    checks = "nothing_is_let_in,not_a_server_error"
    code, said = fuzz(home, url, token, checks, "examples,fuzzing", 6, hooks.name)
    assert code == 0, said
    assert re.search(rf"Tested: +{CALLS}\b", said), said
    assert home.sql(told) == before


def test_nothing_breaks_and_every_answer_fits_its_schema(served):
    home, url = served
    code, said = fuzz(home, url, home.token(*SCOPES), CHECKS, "examples,coverage,fuzzing", 8)
    assert code == 0, said
    assert re.search(rf"Tested: +{CALLS}\b", said), said
    assert home.sql("SELECT count(*) > 3 FROM orders_auditevent WHERE action <> 'submit'") == [(True,)]


@pytest.mark.parametrize(
    ("status", "how"), [(414, {"params": {"limit": "x" * 4100}}), (431, {"headers": {"X-Long": "x" * 9000}})]
)
def test_what_the_web_server_answers_itself_is_described(served, status, how):
    home, url = served
    with httpx.Client(base_url=f"{url}/api/v1", headers=header(home.token(*SCOPES))) as client:
        answer = client.get("/numbers/offers", **how)
        described = client.get("/openapi.json").json()["paths"]["/api/v1/numbers/offers"]["get"]["responses"]
    assert answer.status_code == status
    assert list(described[str(status)]["content"]) == [answer.headers["Content-Type"].split(";")[0]]
