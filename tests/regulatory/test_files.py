"""Documents: what is taken, what is refused and by which name, and that nobody reads them without the keys."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
import zlib

import pytest
from django.db import connection
from voipbox.core import clock, keys
from voipbox.core.errors import MoveRefused, NotThere, Refused
from voipbox.core.rotation import add_key, drop_old_keys, reseal
from voipbox.regulatory import documents, file_checks, vault
from voipbox.regulatory.models import Content, Document

from tests.regulatory import files

MARK = b"Marked-Secret-4711"


def chunk(name, data=b""):
    return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")


def with_comment(photo, text):
    """A JPEG with a comment segment behind its first marker."""
    return photo[:2] + b"\xff\xfe" + (len(text) + 2).to_bytes(2, "big") + text + photo[2:]


GOOD = {
    "png": (files.png(), "image/png"),
    "jpeg": (files.jpeg(), "image/jpeg"),
    "progressive jpeg": (files.jpeg(progressive=True), "image/jpeg"),
    "two pictures of a telephone": (files.jpeg() + files.jpeg(), "image/jpeg"),
    "pdf": (files.pdf(), "application/pdf"),
    "pdf without a last line end": (files.pdf().rstrip(), "application/pdf"),
}
BAD = {
    "empty": (b"", "is empty"),
    "text": (b"hello", "first bytes"),
    "web page": (b"<!doctype html><script>alert(1)</script>", "first bytes"),
    "program": (b"MZ" + b"\0" * 100, "first bytes"),
    "gif": (b"GIF89a" + b"\0" * 40, "first bytes"),
    "archive": (files.archive(), "first bytes"),
    "a name in the file's first line only": (b"\n" + files.pdf(), "first bytes"),
    "pdf without its end": (files.pdf()[:-30], "no whole PDF"),
    "pdf with something behind": (files.pdf() + b"MZ" * 10, "no whole PDF"),
    "pdf whose table is elsewhere": (files.pdf().replace(b"startxref\n", b"startxref\n1"), "no whole PDF"),
    "pdf with a password": (files.pdf(extra=b" /Encrypt 9 0 R"), "password"),
    "pdf and archive": (files.pdf() + files.archive(), "archive"),
    "pdf and archive with a PDF's end as comment": (files.pdf()[:40] + files.archive(b"\nstartxref\n0\n%%EOF\n"), "archive"),
    "pdf and web page": (b"%PDF-1.4\n<html>" + files.pdf()[9:], "web page"),
    "pdf and program": (files.pdf(b"<?php system(1);"), "program"),
    "png and archive": (files.png() + files.archive(), "archive"),
    "png and pdf": (files.png(b"%PDF-1.4"), "picture and a PDF"),
    "png and program": (files.png(b"<?php system(1); ?>"), "program"),
    "png and script": (files.png(b"<sCRipt>alert(1)</script>"), "program"),
    "png with something behind": (files.png() + b"more", "no whole picture"),
    "png with a second end behind something": (files.png() + b"more" + chunk(b"IEND"), "no whole picture"),
    "png without its end": (files.png()[:-12], "no whole picture"),
    "png of wrong checksums": (files.png().replace(b"IDAT", b"IDAT", 1)[:60] + b"\xff" + files.png()[61:], "picture"),
    "png in name only": (b"\x89PNG\r\n\x1a\n" + chunk(b"IEND"), "cannot be read"),
    "jpeg in name only": (b"\xff\xd8\xff\xe0\xff\xd9", "picture"),
    "jpeg without its end": (files.jpeg()[:-2], "no whole picture"),
    "jpeg with something behind": (files.jpeg() + b"more\xff\xd9", "no whole picture"),
    "jpeg and archive": (files.jpeg() + files.archive(), "archive"),
    "jpeg and pdf": (with_comment(files.jpeg(), b"%PDF-1.4"), "picture and a PDF"),
    "jpeg and script": (with_comment(files.jpeg(), b"<script src=x>"), "program"),
    "too large": (files.png() + b"\0" * file_checks.LARGEST, "larger than 10 MB"),
}


@pytest.mark.parametrize("name", GOOD)
def test_good_files(name):
    content, kind = GOOD[name]
    assert file_checks.media_type(content) == kind


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_with_the_cause(name):
    content, cause = BAD[name]
    with pytest.raises(Refused) as refusal:
        file_checks.media_type(content)
    assert [fault.field for fault in refusal.value.faults] == ["file"]
    assert cause in str(refusal.value)


def test_a_picture_of_many_passes_is_refused_before_it_is_decoded():
    """Each pass goes over the whole picture: two megabytes could keep a processor busy for minutes."""
    whole = files.jpeg(progressive=True)
    last = whole.rindex(b"\xff\xda")
    assert file_checks.media_type(whole) == "image/jpeg"
    with pytest.raises(Refused, match="passes"):
        file_checks.media_type(whole[:last] + whole[last:-2] * 200 + whole[-2:])


def test_whatever_takes_too_long_or_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(file_checks, "_SECONDS", 0.01)
    with pytest.raises(Refused, match="too long or too much"):
        file_checks.media_type(files.png())


def test_who_reads_a_file_has_little_time_writes_nothing_and_knows_no_setting():
    code = (
        "import os, resource, voipbox.regulatory.content_checks as c; "
        "c.media_type = lambda content: (repr((resource.getrlimit(resource.RLIMIT_CPU)[0], "
        "resource.getrlimit(resource.RLIMIT_FSIZE)[0], 'voipbox.core.config' in __import__('sys').modules)), ''); c.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=b"", capture_output=True, check=True, env={"PYTHONPATH": str(file_checks._CODE)}
    )
    assert json.loads(done.stdout)["kind"] == "(10, 0, False)"


def test_a_pdf_with_a_program_or_a_file_inside_is_refused():
    for inside in (b"/Names << /JavaScript << >> >>", b"/Names << /EmbeddedFiles << >> >>", b"/OpenAction << /S /Launch >>"):
        bad = files.pdf().replace(b"/Type /Catalog", b"/Type /Catalog " + inside)
        moved = len(inside) + 1
        table = bad.rindex(b"startxref\n") + len(b"startxref\n")
        end = bad.index(b"\n", table)
        bad = bad[:table] + str(int(bad[table:end]) + moved).encode() + bad[end:]
        with pytest.raises(Refused, match="inside"):
            file_checks.media_type(bad)


def test_a_picture_that_would_fill_the_memory():
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.new("1", (12000, 9000)).save(out, "PNG")
    with pytest.raises(Refused, match=r"pixels|cannot be read"):
        file_checks.media_type(out.getvalue())


@pytest.mark.parametrize(
    "name",
    ["../bill.pdf", "/etc/passwd", "a/b.pdf", "..\\bill.pdf", "C:\\bill.pdf", "..", "", " ", "a\0.pdf", "a\nb.pdf",
     "\u202efdp.exe", "x" * 121],
)  # fmt: skip
def test_names_that_are_refused(name):
    with pytest.raises(Refused) as refusal:
        file_checks.name(name)
    assert [fault.field for fault in refusal.value.faults] == ["file.name"]


def test_a_plain_name_is_kept():
    assert file_checks.name(" Ma facture (août).pdf ") == "Ma facture (août).pdf"


def test_nothing_is_written_for_a_refused_file(order, bring, give):
    one = order()
    give(one)
    for content in (b"", b"hello", files.png() + files.archive()):
        with pytest.raises(Refused):
            documents.add(one.pk, "identity", "Passport", "x.png", content or b"", _bob())
    with pytest.raises(Refused, match=r"file\.name"):
        documents.add(one.pk, "identity", "Passport", "../x.png", files.png(), _bob())
    with pytest.raises(Refused, match="there is no Library Card"):
        documents.add(one.pk, "identity", "Library Card", "x.png", files.png(), _bob())
    with pytest.raises(Refused, match="entity"):
        documents.add(one.pk, "soul", "Passport", "x.png", files.png(), _bob())
    assert not Document.objects.exists()


def test_the_same_file_is_kept_once_and_only_so_many(order, give, bring, monkeypatch):
    one = order()
    give(one)
    content = files.png()
    assert bring(one, content=content).pk == bring(one, content=content).pk
    monkeypatch.setattr(documents, "MOST", 1)
    with pytest.raises(Refused, match="one too many"):
        bring(one, content=files.jpeg())


def test_bills_are_young_by_the_date_that_an_operator_enters(order, give, bring, walk, actors, world):
    from voipbox.regulatory import sending

    one = order()
    walk(one, "identity")
    today = clock.now().date()
    add = lambda day: documents.add(one.pk, "address", "Utility Bill", "bill.pdf", files.pdf(), actors["bob"], day)  # noqa: E731
    with pytest.raises(Refused, match="future"):
        add(today + datetime.timedelta(days=1))
    with pytest.raises(Refused, match="more than 3 months"):
        add(documents.oldest_bill() - datetime.timedelta(days=1))
    bill = documents.add(one.pk, "address", "Utility Bill", "bill.pdf", files.pdf(), actors["bob"])
    bring(one)
    with pytest.raises(Refused) as refusal:
        sending.send_documents(one.pk, actors["bob"])
    assert [fault.field for fault in refusal.value.faults] == [f"documents[{bill.pk}].issued_on"]
    assert world.called("upload") == 0
    Document.objects.filter(pk=bill.pk).update(issued_on=documents.oldest_bill() - datetime.timedelta(days=1))
    with pytest.raises(Refused, match="more than 3 months"):  # it grew too old while it waited
        sending.send_documents(one.pk, actors["bob"])
    documents.date_bill(bill.pk, documents.oldest_bill(), actors["bob"])
    assert sending.send_documents(one.pk, actors["bob"]).status == "documents_uploaded"


@pytest.mark.parametrize(
    ("today", "oldest"),
    [("2026-11-24", "2026-08-24"), ("2026-05-31", "2026-02-28"), ("2026-02-10", "2025-11-10"), ("2028-05-30", "2028-02-29")],
)
def test_three_months(monkeypatch, today, oldest):
    moment = datetime.datetime.fromisoformat(f"{today}T12:00:00+00:00")
    monkeypatch.setattr(clock, "now", lambda: moment)
    assert documents.oldest_bill().isoformat() == oldest


def test_a_sent_document_stays(order, walk, actors):
    one = order()
    walk(one, "documents")
    document = Document.objects.filter(order=one).first()
    with pytest.raises(MoveRefused, match="at the provider already"):
        documents.remove(document.pk, actors["bob"])


def test_removing_takes_the_content_with_it(order, give, bring, actors):
    one = order()
    give(one)
    document = bring(one)
    documents.remove(document.pk, actors["bob"])
    assert not Content.objects.exists()
    with pytest.raises(NotThere):
        documents.shown(document.pk, actors["bob"])


def raw(table):
    """All rows of a table as PostgreSQL writes them."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT t::text, encode(t::text::bytea, 'escape') FROM {table} t")
        return "\n".join(str(row) for row in cursor.fetchall()).encode() + b"".join(
            bytes(content.token) for content in Content.objects.all()
        )


def test_nothing_can_be_read_in_the_tables_without_the_keys(order, give, bring):
    one = order()
    give(one)
    document = documents.add(one.pk, "identity", "Passport", "Marked-Name.png", files.png(MARK), _bob())
    for table in ("regulatory_document", "regulatory_content", "regulatory_registration", "orders_auditevent"):
        text = raw(table)
        for secret in (MARK, b"Marked-Name", b"Nkosi", b"1980-02-03", b"Example Street", MARK.hex().encode(), b"\x89PNG"):
            assert secret not in text, (table, secret)
    assert MARK in vault.read(document)


def test_a_change_of_keys_keeps_documents_readable_and_a_foreign_key_opens_nothing(order, give, bring, own_keys):
    one = order()
    give(one)
    document = bring(one, content=files.png(MARK))
    before = own_keys.read_text()
    add_key()
    reseal()
    drop_old_keys()
    assert MARK in vault.read(document)
    keys.write_private(own_keys, before)
    with pytest.raises(keys.SealBroken):
        vault.read(document)


def test_a_content_that_somebody_changed_in_the_database_is_not_used(order, give, bring):
    one = order()
    give(one)
    document = bring(one)
    held = Content.objects.get(document=document)
    token = bytes(held.token)
    Content.objects.filter(pk=held.pk).update(token=token[:-5] + bytes([token[-5] ^ 1]) + token[-4:])
    with pytest.raises(keys.SealBroken, match="was changed in the database"):
        vault.read(document)


def _bob():
    from voipbox.core.models import User

    return User.objects.get(username="bob").actor()


def test_who_waits_for_a_busy_reader_gives_the_web_servers_thread_back_soon(monkeypatch):
    asked = []

    class Busy:
        def acquire(self, timeout):
            asked.append(timeout)
            return False

    monkeypatch.setattr(file_checks, "_AT_ONCE", Busy())
    with pytest.raises(Refused, match="bring it again"):
        file_checks.media_type(b"%PDF-1.7")
    assert asked[0] <= 5
