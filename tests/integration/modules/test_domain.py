"""fusionpbx_domain from outside."""

from __future__ import annotations

from pathlib import Path

from tests.integration.conftest import true

MODULE = "fusionpbx_domain"
NAME = "acme.pbx.example.com"
ACME = {
    "name": NAME,
    "description": "Acme Corp",
    "time_zone": "America/Toronto",
    "language": "en-us",
    "limits": {"extensions": 10, "gateways": 2},
}


def domains(bench, name=NAME):
    return bench.sql("SELECT * FROM v_domains WHERE domain_name = %s", name)


def settings(bench):
    return {
        (row["domain_setting_category"], row["domain_setting_subcategory"]): row["domain_setting_value"]
        for row in bench.rows("v_domain_settings", NAME, "domain_setting_enabled::text = 'true'")
    }


def test_a_domain_appears_with_settings_dialplans_and_folders(bench):
    result = bench.appears(MODULE, ACME, lambda: domains(bench))
    (row,) = domains(bench)
    assert result["domain"] == NAME
    assert result["domain_uuid"] == row["domain_uuid"]
    assert "domains" not in result and "tenants" not in result
    assert row["domain_description"] == "Acme Corp"
    assert true(row["domain_enabled"])
    assert settings(bench) == {
        ("domain", "time_zone"): "America/Toronto",
        ("domain", "language"): "en-us",
        ("limit", "extensions"): "10",
        ("limit", "gateways"): "2",
    }
    dialplans = bench.rows("v_dialplans", NAME)
    assert dialplans
    assert any("timezone=America/Toronto" in plan["dialplan_xml"] for plan in dialplans)
    for folder in (Path(bench.lab.recordings_dir, NAME), Path(bench.lab.voicemail_dir, "default", NAME)):
        assert folder.is_dir()


def test_one_option_changes_alone(bench):
    before = bench.snapshot()
    result = bench.done(MODULE, {"name": NAME, "limits": {"extensions": 25}}, diff=True)
    assert result["changed"]
    changes = bench.changed_since(before)
    assert list(changes) == ["v_domain_settings"]
    (updated,) = changes["v_domain_settings"].updated.values()
    assert updated["domain_setting_value"] == ("10", "25")
    assert "25" in str(result["diff"][0]["after"])
    bench.unchanged(MODULE, {"name": NAME, "limits": {"extensions": 25}})


def test_a_list_tells_of_each_and_a_bad_one_does_not_stop_the_others(bench):
    wanted = {"domains": [{"name": "Harbour.pbx.example.com"}, {"name": "harbour.pbx.example.com", "description": "Harbour"}]}
    twice = bench.run_module(MODULE, wanted)
    assert twice["failed"] and "domains[1].name" in twice["msg"]
    wanted["domains"][0] = {"name": "bad.pbx.example.com", "time_zone": "Nowhere/At-All"}
    result = bench.run_module(MODULE, wanted)
    assert result["failed"] and result["changed"]
    assert [(one["domain"], one["failed"]) for one in result["domains"]] == [
        ("bad.pbx.example.com", True),
        ("harbour.pbx.example.com", False),
    ]
    assert "time_zone" in result["domains"][0]["msg"]
    assert domains(bench, "bad.pbx.example.com") == []
    assert domains(bench, "harbour.pbx.example.com")


def test_what_does_not_go_together_is_refused(bench):
    before = bench.snapshot()
    play = bench.play(
        (MODULE, {"name": NAME, "domains": [{"name": "other.pbx.example.com"}]}),
        (MODULE, {"domains": [{"name": NAME}], "state": "absent", "confirm": [NAME]}),
        (MODULE, {"description": "whose?"}),
        (MODULE, {"name": "../" + NAME, "state": "absent", "confirm": ["../" + NAME]}),
        (MODULE, {"name": NAME, "state": "absent"}),
    )
    assert all(result["failed"] for result in play.results)
    texts = [result["msg"] for result in play.results]
    assert "mutually exclusive" in texts[0] and "mutually exclusive" in texts[1]
    assert "one of the following is required" in texts[2]
    assert "not a domain name" in texts[3]
    assert "not confirmed" in texts[4]
    assert bench.changed_since(before) == {}


def test_a_domain_goes_whole_and_stays_gone(bench):
    gone = {"name": NAME, "state": "absent", "confirm": [NAME]}
    before = bench.snapshot()
    assert bench.done(MODULE, gone, check=True)["changed"]
    assert bench.changed_since(before) == {}
    assert Path(bench.lab.recordings_dir, NAME).is_dir()
    identity = domains(bench)[0]["domain_uuid"]
    result = bench.done(MODULE, gone)
    assert "domain" in result["removed"]
    assert domains(bench) == []
    left = [table for table, rows in bench.snapshot().items() for row in rows.values() if row.get("domain_uuid") == identity]
    assert left == []
    assert not Path(bench.lab.recordings_dir, NAME).exists()
    assert domains(bench, "harbour.pbx.example.com")
    bench.unchanged(MODULE, gone)
