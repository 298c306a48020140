"""fusionpbx_extension from outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.conftest import true

MODULE = "fusionpbx_extension"
DOMAIN = "acme.pbx.example.com"
PASSWORD = "Canary-Sip-7351"
PIN = "735190"
DESK = {
    "domain": DOMAIN,
    "number": "1001",
    "password": PASSWORD,
    "voicemail_password": PIN,
    "name": "Front desk",
    "email": "desk@acme.example",
    "user": "reception",
    "toll_allow": ["domestic", "local"],
    "caller_id_number": "+1 (416) 555-0100",
    "record": "inbound",
}


@pytest.fixture(scope="module", autouse=True)
def _tenant(bench):
    bench.given(
        ("fusionpbx_domain", {"name": DOMAIN}),
        ("fusionpbx_user", {"domain": DOMAIN, "username": "reception", "password": "Acme-Reception-1"}),
    )


def extensions(bench, number="1001"):
    return bench.rows("v_extensions", DOMAIN, f"t.extension = '{number}'")


def mailboxes(bench, number="1001"):
    return bench.rows("v_voicemails", DOMAIN, f"t.voicemail_id = '{number}'")


def test_an_extension_appears_with_its_mailbox_and_user(bench):
    result = bench.appears(MODULE, DESK, lambda: extensions(bench))
    assert result["created"] == ["extension 1001"]
    assert PASSWORD not in str(result) and PIN not in str(result)
    (row,) = extensions(bench)
    assert row["password"] == PASSWORD
    assert row["toll_allow"] == "domestic:local"
    assert row["outbound_caller_id_number"] == "+14165550100"
    assert row["effective_caller_id_name"] == "Front desk"
    assert row["user_record"] == "inbound"
    assert row["user_context"] == row["accountcode"] == DOMAIN
    assert true(row["enabled"])
    (mailbox,) = mailboxes(bench)
    assert mailbox["voicemail_password"] == PIN
    assert mailbox["voicemail_mail_to"] == "desk@acme.example"
    (assigned,) = bench.rows("v_extension_users", DOMAIN)
    assert assigned["extension_uuid"] == row["extension_uuid"]
    assert Path(bench.lab.voicemail_dir, "default", DOMAIN, "1001").is_dir()


def test_a_number_may_be_written_as_one(bench):
    bench.unchanged(MODULE, {"domain": DOMAIN, "number": 1001, "name": "Front desk"})


def test_passwords_of_phones_follow_and_pins_only_when_always(bench):
    wanted = {"domain": DOMAIN, "number": "1001", "password": "Canary-Sip-9999", "voicemail_password": "999999"}
    play = bench.play((MODULE, wanted), diff=True)
    assert play.results[0]["updated"] == ["extension 1001"]
    for secret in (PASSWORD, "Canary-Sip-9999", "999999"):
        assert secret not in play.output and secret not in str(play.results)
    assert extensions(bench)[0]["password"] == "Canary-Sip-9999"
    assert mailboxes(bench)[0]["voicemail_password"] == PIN
    assert bench.done(MODULE, dict(wanted, update_password="always"))["changed"]
    assert mailboxes(bench)[0]["voicemail_password"] == "999999"
    bench.unchanged(MODULE, dict(wanted, update_password="always"))


def test_one_option_changes_alone_and_the_directory_entry_is_dropped(bench):
    stale = Path(bench.lab.cache_dir, f"directory.1001@{DOMAIN}")
    other = Path(bench.lab.cache_dir, f"directory.1002@{DOMAIN}")
    for entry in (stale, other):
        entry.write_text("as the switch keeps it")
    before = bench.snapshot()
    wanted = {"domain": DOMAIN, "number": "1001", "call_timeout": 20}
    bench.done(MODULE, wanted, check=True)
    assert stale.exists() and bench.changed_since(before) == {}
    bench.done(MODULE, wanted)
    assert not stale.exists() and other.exists()
    changes = bench.changed_since(before)
    assert list(changes) == ["v_extensions"]
    (updated,) = changes["v_extensions"].updated.values()
    assert updated["call_timeout"] == ("30", "20")


def test_generated_passwords_are_told_once(bench):
    wanted = {"domain": DOMAIN, "extensions": [{"number": "1002"}, {"number": "1003", "voicemail": False}]}
    assert "generated" not in bench.done(MODULE, wanted, check=True)
    told = bench.done(MODULE, wanted)["generated"]["extensions"]
    for number in ("1002", "1003"):
        assert extensions(bench, number)[0]["password"] == told[number]["password"]
        assert mailboxes(bench, number)[0]["voicemail_password"] == told[number]["voicemail_password"]
    assert not true(mailboxes(bench, "1003")[0]["voicemail_enabled"])
    assert "generated" not in bench.unchanged(MODULE, wanted)


def test_what_does_not_go_together_is_refused(bench):
    before = bench.snapshot()
    play = bench.play(
        (MODULE, {"domain": DOMAIN, "number": "1001", "purge": True}),
        (MODULE, {"domain": DOMAIN, "extensions": [{"number": "1001"}], "call_timeout": 10}),
        (MODULE, {"domain": DOMAIN, "extensions": [{"number": "1001"}, {"number": "1001"}]}),
        (MODULE, {"domain": DOMAIN, "number": "1001", "remove_voicemail": True}),
        (MODULE, {"domain": DOMAIN, "number": "1004", "user": "nobody"}),
        (MODULE, {"domain": DOMAIN, "extensions": [{"number": "1004"}, {"number": "10x5"}]}),
    )
    assert all(result["failed"] for result in play.results)
    texts = [result["msg"] for result in play.results]
    assert "extensions" in texts[0]
    assert "mutually exclusive" in texts[1]
    assert texts[2].startswith("extensions[1].number: ")
    assert texts[3].startswith("remove_voicemail: ")
    assert texts[4].startswith("user: there is no user nobody")
    assert texts[5].startswith("extensions[1].number: ")
    assert bench.changed_since(before) == {}


def test_purge_removes_what_is_not_listed(bench):
    wanted = {"domain": DOMAIN, "purge": True, "extensions": [{"number": "1001"}, {"number": "1002"}]}
    before = bench.snapshot()
    assert bench.done(MODULE, wanted, check=True)["removed"] == ["extension 1003"]
    assert bench.changed_since(before) == {}
    assert bench.done(MODULE, wanted)["removed"] == ["extension 1003"]
    assert {row["extension"] for row in bench.rows("v_extensions", DOMAIN)} == {"1001", "1002"}
    assert mailboxes(bench, "1003")
    bench.unchanged(MODULE, wanted)


def test_an_extension_goes_and_its_mailbox_only_when_asked(bench):
    bench.done(MODULE, {"domain": DOMAIN, "number": "1002", "state": "absent"})
    assert extensions(bench, "1002") == []
    assert mailboxes(bench, "1002")
    gone = {"domain": DOMAIN, "number": "1001", "state": "absent", "remove_voicemail": True}
    before = bench.snapshot()
    assert "extension 1001" in bench.done(MODULE, gone, check=True)["removed"]
    assert bench.changed_since(before) == {}
    bench.done(MODULE, gone)
    assert extensions(bench) == mailboxes(bench) == bench.rows("v_extension_users", DOMAIN) == []
    assert not Path(bench.lab.voicemail_dir, "default", DOMAIN, "1001").exists()
    bench.unchanged(MODULE, gone)
