"""voipbox regulatory: an operator takes an order from papers to the working number by commands alone."""

from __future__ import annotations

import stat

import pytest
import yaml
from voipbox.cli import main
from voipbox.core import clock
from voipbox.numbers import advance
from voipbox.regulatory.models import Document

from tests.regulatory import files
from tests.regulatory.conftest import ADDRESS, PERSON, fresh


@pytest.fixture
def says(capsys):
    """Run a command: says("show", 1) returns its code and what it printed."""

    def says(*words):
        code = main(["regulatory", *map(str, words)])
        told = capsys.readouterr()
        return code, told.out + told.err

    return says


def test_from_papers_to_the_number_by_commands(order, world, says, tmp_path, actors):
    one = order()
    assert "store what is missing of identity and address" in says("show", one.pk)[1]
    paper = tmp_path / "who.yml"
    paper.write_text(yaml.safe_dump({"identity": {**PERSON, "birth_date": None}, "address": ADDRESS}))
    code, told = says("identity", one.pk, paper)
    assert (code, "identity.birth_date: is required for this number" in told, "Nothing was changed." in told) == (1, True, True)
    paper.write_text(yaml.safe_dump({"identity": PERSON, "address": ADDRESS}))
    code, told = says("identity", one.pk, paper)
    assert (code, "review what was given" in told, "Nkosi" in told) == (0, True, False)
    assert "identity.last_name: Nkosi" in says("data", one.pk)[1]
    assert says("review", one.pk)[0] == 0
    assert "identity_address_confirmed" in says("submit", one.pk)[1]
    scan, bill = tmp_path / "scan.png", tmp_path / "bill.pdf"
    scan.write_bytes(files.png())
    bill.write_bytes(files.pdf())
    assert says("document", "add", one.pk, scan, "--entity", "identity", "--proof-type", "Passport")[0] == 0
    assert says("document", "add", one.pk, bill, "--entity", "address", "--proof-type", "Utility Bill")[0] == 0
    code, told = says("document", "send", one.pk)
    assert (code, "enter the date that stands on the bill" in told) == (1, True)
    number = Document.objects.get(media_type="application/pdf").pk
    assert says("document", "date", number, clock.now().date())[0] == 0
    assert "documents_uploaded" in says("document", "send", one.pk)[1]
    code, told = says("number", one.pk, "--alternatives")
    assert (code, f"{one.number}: there" in told, "3.45 USD (0.45 USD VAT)" in told, "like it" in told) == (0, True, True, True)
    assert "10.35" in says("choose", one.pk, "--capacity", "sku-2")[1]
    assert "order_placed" in says("place", one.pk)[1]
    advance.advance(one.pk)
    assert "awaiting_registration" in says("look", one.pk)[1]
    world.approve()
    assert "Active" in says("look", one.pk)[1]
    assert fresh(one).status == "active"
    out = tmp_path / "out.pdf"
    assert says("document", "save", number, out)[0] == 0
    assert out.read_bytes() == files.pdf()
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    code, told = says("document", "save", number, out)
    assert (code, "cannot be written" in told) == (1, True)
    assert "0 registrations" in says("purge")[1]


def test_refusals_are_lines(order, says, tmp_path, place):
    one = order()
    bad = tmp_path / "bad.png"
    bad.write_bytes(files.png() + files.archive())
    for words, cause in (
        (("document", "add", one.pk, bad, "--entity", "identity", "--proof-type", "Passport"), "file: holds an archive besides"),
        (("document", "add", one.pk, tmp_path / "none.png", "--entity", "identity"), "cannot be read"),
        (("document", "remove", 999), "There is no document 999."),
        (("submit", one.pk), "identity: is required for this number"),
        (("place", one.pk), "is pending_review"),
        (("again", one.pk), "is pending_review"),
        (("show", 999), "There is no order 999."),
        (("show", place().pk), "needs no registration"),
    ):
        code, told = says(*words)
        assert (code, cause in told) == (1, True), (words, told)
    assert not Document.objects.exists()
