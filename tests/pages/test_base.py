"""What every page has: headers, the way to sign in, pages for errors."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_every_page_has_a_strict_policy(browse: Any) -> None:
    for who, path in (("", "/sign-in/"), ("bob", "/staff/"), ("bob", "/no-such-page"), ("bob", "/healthz")):
        answer = browse(who).get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy and "unsafe" not in policy, path
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_pages_of_signed_in_people_stay_out_of_caches(browse: Any) -> None:
    assert browse("bob").get("/staff/").headers["Cache-Control"] == "no-store, private"


def test_strangers_are_sent_to_sign_in_and_come_back(browse: Any) -> None:
    answer = browse("").get("/staff/orders/?q=a%20b")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/sign-in/?next=%2Fstaff%2Forders%2F%3Fq%3Da%2520b"


def test_a_part_of_a_page_sends_the_whole_page_to_sign_in(browse: Any) -> None:
    answer = browse("").get("/staff/orders/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/sign-in/")


def test_clients_see_no_page_of_staff(browse: Any) -> None:
    answer = browse("alice").get("/staff/")
    assert answer.status_code == 403
    assert "not for you" in answer.text


def test_missing_pages_are_told_in_plain_words(browse: Any) -> None:
    answer = browse("bob").get("/nowhere/")
    assert answer.status_code == 404
    assert "There is no such page" in answer.text


def test_a_form_without_its_token_is_not_taken(people: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people["bob"])
    answer = client.post("/sign-out/")
    assert answer.status_code == 403
    assert "The form was not taken" in answer.text


def test_a_fault_of_the_program_shows_nothing_of_it(browse: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from voipbox.orders import queries

    def break_down(most: int) -> Any:
        raise RuntimeError("inner words")

    monkeypatch.setattr(queries, "counts_up_to", break_down)
    client = browse("bob")
    client.raise_request_exception = False
    answer = client.get("/staff/")
    assert answer.status_code == 500
    assert "inner words" not in answer.text and "Something broke" in answer.text


def test_large_files_go_out_compressed_and_are_kept_by_browsers(browse: Any) -> None:
    import gzip

    from tests.controller.conftest import ROOT

    vendor = ROOT / "controller" / "voipbox" / "pages" / "static" / "pages" / "vendor"
    for name in ("tabler-1.6.1/tabler.min.css", "htmx-2.0.11/htmx.min.js"):
        answer = browse("").get(f"/static/pages/vendor/{name}", headers={"Accept-Encoding": "gzip"})
        assert answer.headers["Content-Encoding"] == "gzip" and "immutable" in answer.headers["Cache-Control"]
        assert gzip.decompress(b"".join(answer.streaming_content)) == (vendor / name).read_bytes()


def test_nothing_in_our_files_leads_to_another_host() -> None:
    import re

    from tests.controller.conftest import ROOT

    pages = ROOT / "controller" / "voipbox" / "pages"
    found = [
        f"{path.name}: {address}"
        for kind in ("*.html", "*.css", "*.js")
        for path in pages.rglob(kind)
        if "vendor" not in path.parts
        for address in re.findall(r"""(?:src|href|action)=["']?(?:https?:)?//[^"'{ ]+|url\(["']?https?:[^)]*""", path.read_text())
    ]
    assert found == []


def test_no_page_holds_a_script_or_style_of_its_own() -> None:
    import re

    from tests.controller.conftest import ROOT

    pages = ROOT / "controller" / "voipbox" / "pages"
    handlers = r"\son(?:click|load|error|change|submit|input|key\w+|focus|blur|mouse\w+)="
    bad = re.compile(rf"<style|\sstyle=|<script(?![^>]*\ssrc=)|{handlers}|hx-on|javascript:", re.IGNORECASE)
    found = [
        f"{path}: {bad.search(path.read_text())}" for path in pages.rglob("templates/**/*.html") if bad.search(path.read_text())
    ]
    assert found == []
