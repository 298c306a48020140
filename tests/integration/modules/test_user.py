"""fusionpbx_user from outside."""

from __future__ import annotations

import bcrypt
import pytest

from tests.integration.conftest import true

MODULE = "fusionpbx_user"
DOMAIN = "acme.pbx.example.com"
PASSWORD = "Canary-Login-7351"
ADMIN = {
    "domain": DOMAIN,
    "username": "admin",
    "password": PASSWORD,
    "email": "it@acme.example",
    "group": "admin",
    "language": "en-us",
    "time_zone": "America/Toronto",
    "first_name": "Ada",
    "last_name": "Acme",
}


@pytest.fixture(scope="module", autouse=True)
def _tenant(bench):
    bench.given(("fusionpbx_domain", {"name": DOMAIN}))


def users(bench, name="admin"):
    return bench.rows("v_users", DOMAIN, f"t.username = '{name}'")


def opens(row, password):
    return bcrypt.checkpw(password.encode(), row["password"].encode())


def test_a_user_appears_with_group_contact_and_settings(bench):
    result = bench.appears(MODULE, ADMIN, lambda: users(bench))
    assert result["created"] == ["user admin"]
    assert "generated" not in result
    (row,) = users(bench)
    assert opens(row, PASSWORD)
    assert row["password"].startswith("$2y$10$")
    assert true(row["user_enabled"])
    assert row["user_email"] == "it@acme.example"
    assert [group["group_name"] for group in bench.rows("v_user_groups", DOMAIN)] == ["admin"]
    (contact,) = bench.rows("v_contacts", DOMAIN)
    assert (contact["contact_name_given"], contact["contact_name_family"]) == ("Ada", "Acme")
    found = {s["user_setting_subcategory"]: s["user_setting_value"] for s in bench.rows("v_user_settings", DOMAIN)}
    assert found == {"language": "en-us", "time_zone": "America/Toronto"}


def test_a_password_is_left_alone_unless_always(bench):
    new = "Canary-Login-9999"
    bench.unchanged(MODULE, {"domain": DOMAIN, "username": "admin", "password": new})
    wanted = {"domain": DOMAIN, "username": "admin", "password": new, "update_password": "always"}
    play = bench.play((MODULE, wanted), diff=True)
    (result,) = play.results
    assert result["changed"] and result["updated"] == ["user admin"]
    assert new not in play.output and new not in str(result)
    assert opens(users(bench)[0], new)
    bench.unchanged(MODULE, wanted)


def test_one_option_changes_alone(bench):
    before = bench.snapshot()
    assert bench.done(MODULE, {"domain": DOMAIN, "username": "ADMIN", "group": "user"})["changed"]
    assert list(bench.changed_since(before)) == ["v_user_groups"]
    assert [group["group_name"] for group in bench.rows("v_user_groups", DOMAIN)] == ["user"]


def test_a_list_is_written_whole_or_not_at_all(bench):
    wanted = {"domain": DOMAIN, "users": [{"username": "one"}, {"username": "two", "group": "no_such_group"}]}
    result = bench.run_module(MODULE, wanted)
    assert result["failed"]
    assert result["msg"].startswith("users[1].group: ")
    assert users(bench, "one") == []
    single = bench.run_module(MODULE, {"domain": DOMAIN, "username": "two", "group": "no_such_group"})
    assert single["msg"].startswith("group: ")
    wanted["users"][1].pop("group")
    result = bench.done(MODULE, wanted)
    for name in ("one", "two"):
        assert opens(users(bench, name)[0], result["generated"]["users"][name]["password"])
    bench.unchanged(MODULE, wanted)


def test_superadmin_wants_leave(bench):
    wanted = {"domain": DOMAIN, "username": "root", "group": "superadmin"}
    assert bench.run_module(MODULE, wanted)["failed"]
    assert users(bench, "root") == []
    bench.done(MODULE, dict(wanted, allow_superadmin=True))
    assert users(bench, "root")


def test_a_domain_that_is_not_there_is_refused(bench):
    result = bench.run_module(MODULE, dict(ADMIN, domain="nowhere.pbx.example.com"))
    assert result["failed"] and "does not exist" in result["msg"]


def test_a_user_goes_with_contact_and_settings(bench):
    gone = {"domain": DOMAIN, "username": "admin", "state": "absent"}
    before = bench.snapshot()
    assert bench.done(MODULE, gone, check=True)["removed"] == ["user admin"]
    assert bench.changed_since(before) == {}
    identity = users(bench)[0]
    assert bench.done(MODULE, gone)["removed"] == ["user admin"]
    left = [
        table
        for table, rows in bench.snapshot().items()
        for row in rows.values()
        if identity["user_uuid"] == row.get("user_uuid") or identity["contact_uuid"] == row.get("contact_uuid")
    ]
    assert left == []
    assert users(bench, "one") and users(bench, "two")
    bench.unchanged(MODULE, gone)
