"""Small lines of the table of security, and the table itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.controller.conftest import ROOT
from tests.pages.checkout import COMPANY, Walk

Browse = Callable[[str], Client]


@cache
def functions(path: Path) -> frozenset[str]:
    """The names of a file's functions."""
    return frozenset(node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef))


def test_every_test_that_the_table_names_is_there() -> None:
    text = (ROOT / "docs" / "reference" / "security.md").read_text()
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text)
    assert len(named) > 60
    assert [f"{path}::{name}" for path, name in named if name not in functions(ROOT / path)] == []
    rows = [line for line in text.splitlines() if re.match(r"\| \d", line)]
    assert [row for row in rows if "::" not in row] == []


def test_headers_are_strict_and_tell_nothing(browse: Browse, catalog: None) -> None:
    for path in ("/sign-in/", "/order/", "/no-such-page/"):
        answer = browse("alice").get(path)
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Frame-Options"] == "DENY" and "frame-ancestors 'none'" in answer["Content-Security-Policy"]
        assert answer["Referrer-Policy"] == "same-origin"
        assert "Access-Control-Allow-Origin" not in answer and "Server" not in answer and "X-Powered-By" not in answer
    assert browse("").get("/sign-in/")["Content-Type"] == "text/html; charset=utf-8"


def test_other_methods_are_refused(browse: Browse, catalog: None) -> None:
    walk = Walk(browse("alice"))
    for path in ("/sign-in/", "/order/", "/my/", f"/order/{walk.token}/company/"):
        for method in ("put", "delete", "patch"):
            assert getattr(browse("alice"), method)(path).status_code == 405, (method, path)


def test_static_files_are_no_folder_to_look_through() -> None:
    for path in ("/static/", "/static/pages/", "/static/../core/settings.py", "/static/client/..%2f..%2fsettings.py"):
        assert Client().get(path).status_code in (301, 302, 404), path


def test_scripts_keep_nothing_in_the_browser() -> None:
    own = [
        *ROOT.glob("controller/voipbox/pages/static/pages/*.js"),
        *ROOT.glob("controller/voipbox/pages/client/static/client/*.js"),
    ]
    assert own
    for path in own:
        # The theme that somebody likes is no word about anybody; nothing else may be kept.
        text = re.sub(r'localStorage\.(getItem|setItem)\("theme"', "", path.read_text())
        for word in ("localStorage", "sessionStorage", "indexedDB", "document.cookie"):
            assert word not in text, path


def test_a_repeated_field_changes_nothing_else(browse: Browse, catalog: None) -> None:
    from voipbox.orders.models import Draft

    walk = Walk(browse("alice"))
    answer = walk.send("company", {**COMPANY, "company": ["First", "Second"]})
    assert answer.status_code == 302
    assert Draft.objects.get().data["company"]["values"]["company"] == "Second"


def test_fields_that_a_form_does_not_have_are_not_taken(browse: Browse, catalog: None) -> None:
    from voipbox.orders.models import Draft

    walk = Walk(browse("charlie"))
    walk.send("company", {**COMPANY, "client": "alice@people.example", "role": "administrator", "domain": "x.example"})
    assert set(Draft.objects.get().data["company"]["values"]) == {"company", "contact", "email", "phone"}


def test_a_form_that_is_too_large_is_refused(browse: Browse, catalog: None) -> None:
    walk = Walk(browse("alice"))
    answer = browse("alice").post(f"/order/{walk.token}/company/", {**COMPANY, "company": "x" * (3 * 1024 * 1024)})
    assert answer.status_code in (400, 413)


def test_drafts_cannot_be_begun_without_end(browse: Browse, catalog: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from voipbox.pages.client import attempts

    monkeypatch.setattr(attempts, "DRAFT", attempts.Limit("draft", 2, 60))
    plan = {"plan": "product:office-10", "term": "monthly"}
    assert [browse("alice").post("/order/", plan).status_code for _ in range(3)] == [302, 302, 429]
    assert browse("charlie").post("/order/", plan).status_code == 302


def test_the_audit_notes_sign_in_of_staff(people: dict[str, Any], settings: Any) -> None:
    from voipbox.orders.models import AuditEvent

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    people["bob"].set_password("correct horse battery")
    people["bob"].save()
    Client().post("/sign-in/", {"email": "bob@people.example", "password": "correct horse battery"})
    assert AuditEvent.objects.get(action="sign_in").actor == "bob@people.example"


@pytest.mark.parametrize(
    "path", ["/order/x/company/", "/order/%00/company/", "/order/" + "a" * 3000 + "/company/", "/my/orders/99999999999/"]
)
def test_addresses_that_lead_nowhere_are_404(browse: Browse, path: str) -> None:
    assert browse("alice").get(path).status_code == 404
