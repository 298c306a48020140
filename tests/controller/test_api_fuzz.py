"""schemathesis over the whole API of a running web process: no server error, every answer in its schema."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from voipbox.api.scopes import SCOPES

from tests.controller.fixtures import SERVERS, order_data
from tests.controller.installation import Installation

EXAMPLES = 40
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A web process with one order and one webhook, and the headers of a token with every scope."""
    home = Installation(tmp_path_factory.mktemp("fuzz"), labs=0, webhook_private="true").start()
    try:
        home.voipbox("catalog", "import", "-", text=SERVERS)
        url = home.web()
        headers = {"Authorization": f"Bearer {home.token(*SCOPES)}"}
        with httpx.Client(base_url=f"{url}/api/v1", headers=headers) as client:
            assert client.post("/orders", json=order_data()).status_code == httpx.codes.CREATED
            assert client.post("/webhooks", json={"url": "http://127.0.0.1:9/x", "events": []}).status_code == httpx.codes.CREATED
        yield url, headers
    finally:
        home.stop()


def fuzz(url, headers, *options):
    """Run schemathesis as a person would; returns its exit code and what it said."""
    words = [word for name, value in headers.items() for word in ("--header", f"{name}: {value}")]
    done = subprocess.run(
        [Path(sys.executable).parent / "schemathesis", "run", f"{url}/api/v1/openapi.json", *words, *options, "--no-color"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout[-6000:] + done.stderr[-2000:]


def test_nothing_breaks_and_every_answer_fits_its_schema(served):
    code, said = fuzz(*served, "--checks", CHECKS, "--max-examples", str(EXAMPLES), "--phases", "examples,coverage,fuzzing")
    assert code == 0, said
    assert re.search(r"Tested: +27", said), said
