"""Changes and removals, row by row: the rows that FusionPBX 5.5's own edit and delete forms touch, and no others.

The expectations are what the captures of those forms changed; where the engine does more than a page (a page leaves rows
behind that nothing uses any more), the test says so.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from tests.engine.conftest import Bench, order

DOMAIN = "edited.pbx.example.com"
AUDIT = ("update_date", "update_user")


@pytest.fixture(scope="module")
def edited(fresh_lab):
    """A tenant with one thing of each kind, and its file."""
    bench = Bench(fresh_lab)
    wanted = order(DOMAIN, "+14165550110")
    for extension in wanted["extensions"]:
        extension.pop("name")
    wanted["users"].append({"username": "temp", "password": "Temp-User-2026", "email": "temp@acme.example", "group": "user"})
    wanted["trunk"]["inbound"].append({"number": "+14165550111", "extension": "1001", "match": "plus"})
    wanted["trunk"]["outbound"] = [{"template": "expression", "expressions": [r"^(\d{7})$"], "description": "Local"}]
    bench.both(wanted)
    return bench, wanted


class Diff:
    """What a run did to all tables: updated {table: [columns]}, inserted and deleted {table: [rows]}."""

    def __init__(self, changes):
        self.updated = {}
        self.inserted = {}
        self.deleted = {}
        for table, change in changes.items():
            columns = [{name: values for name, values in row.items() if name not in AUDIT} for row in change.updated.values()]
            found = {"updated": columns, "inserted": change.inserted.values(), "deleted": change.deleted.values()}
            for kind, rows in found.items():
                if rows:
                    getattr(self, kind)[table] = list(rows)


def run(bench, wanted, part="both", **options):
    """The differences that a run of this file makes; the file given is not touched."""
    before = bench.snapshot()
    result = getattr(bench, part)(copy.deepcopy(wanted), **options)
    for one in result if isinstance(result, tuple) else (result,):
        assert not one["failed"], one["msg"]
    return Diff(bench.changed_since(before))


def test_extension_edited_caller_id_user_and_mail(edited):
    bench, wanted = edited
    wanted["extensions"][0].update(
        name="Reception", caller_id_name="Acme Ltd", caller_id_number="+1 (416) 555-0100", user="admin",
        email="reception@acme.example",
    )  # fmt: skip
    diff = run(bench, wanted)
    assert diff.updated == {
        "v_extensions": [
            {
                "effective_caller_id_name": (None, "Reception"),
                "effective_caller_id_number": (None, "1001"),
                "outbound_caller_id_name": (None, "Acme Ltd"),
                "outbound_caller_id_number": (None, "+14165550100"),
            }
        ],
        "v_voicemails": [{"voicemail_mail_to": (None, "reception@acme.example")}],
    }
    (extension,) = bench.rows("v_extensions", DOMAIN, "extension = '1001'")
    (user,) = bench.rows("v_users", DOMAIN, "username = 'admin'")
    ((assigned,),) = (diff.inserted.pop("v_extension_users"),)
    assert (assigned["extension_uuid"], assigned["user_uuid"]) == (str(extension["extension_uuid"]), str(user["user_uuid"]))
    assert assigned["domain_uuid"] == str(extension["domain_uuid"])
    assert (diff.inserted, diff.deleted) == ({}, {})


def test_mailbox_switched_off_keeps_its_row(edited):
    bench, wanted = edited
    wanted["extensions"][1]["voicemail"] = False
    diff = run(bench, wanted)
    assert (diff.updated, diff.inserted, diff.deleted) == (
        {"v_voicemails": [{"voicemail_enabled": ("true", "false")}]}, {}, {},
    )  # fmt: skip


@pytest.mark.parametrize("record", ["all", "local", "inbound", "outbound"])
def test_call_recording(edited, record):
    bench, wanted = edited
    (row,) = bench.rows("v_extensions", DOMAIN, "extension = '1001'")
    wanted["extensions"][0]["record"] = record
    diff = run(bench, wanted)
    assert diff.updated == {"v_extensions": [{"user_record": (row["user_record"], record)}]}


def test_recording_taken_away(edited):
    bench, wanted = edited
    wanted["extensions"][0]["record"] = "none"
    assert run(bench, wanted).updated == {"v_extensions": [{"user_record": ("outbound", None)}]}


def test_toll_classes_are_stored_with_colons(edited):
    bench, wanted = edited
    wanted["extensions"][0]["toll_allow"] = ["domestic", "international"]
    assert run(bench, wanted).updated == {"v_extensions": [{"toll_allow": (None, "domestic:international")}]}


def test_gateway_edited(edited):
    bench, wanted = edited
    wanted["trunk"]["gateway"].update(expire_seconds=600, caller_id_in_from=True)
    diff = run(bench, wanted)
    assert diff.updated == {"v_gateways": [{"expire_seconds": ("800", "600"), "caller_id_in_from": ("false", "true")}]}
    assert (diff.inserted, diff.deleted) == ({}, {})


def test_gateway_disabled(edited):
    bench, wanted = edited
    wanted["trunk"]["gateway"]["enabled"] = False
    diff = run(bench, wanted)
    assert (diff.updated, diff.inserted, diff.deleted) == ({"v_gateways": [{"enabled": ("true", "false")}]}, {}, {})
    wanted["trunk"]["gateway"]["enabled"] = True
    assert run(bench, wanted).updated == {"v_gateways": [{"enabled": ("false", "true")}]}


def test_user_whose_language_is_cleared(edited):
    bench, wanted = edited
    wanted["users"][0]["language"] = ""
    diff = run(bench, wanted)
    ((setting,),) = (diff.deleted.pop("v_user_settings"),)
    assert (setting["user_setting_subcategory"], setting["user_setting_value"]) == ("language", "en-us")
    assert (diff.updated, diff.inserted, diff.deleted) == ({}, {}, {})


def test_user_with_another_mail_address(edited):
    """The page changes the user alone and leaves the contact's address."""
    bench, wanted = edited
    wanted["users"][0]["email"] = "ops@acme.example"
    diff = run(bench, wanted)
    assert (diff.updated, diff.inserted, diff.deleted) == (
        {"v_users": [{"user_email": ("it@acme.example", "ops@acme.example")}]}, {}, {},
    )  # fmt: skip


def test_user_with_another_group(edited):
    """The page can only add a group; a file names the one that is meant, so the other one goes."""
    bench, wanted = edited
    wanted["users"][1]["group"] = "agent"
    diff = run(bench, wanted)
    ((gone,),) = (diff.deleted.pop("v_user_groups"),)
    ((new,),) = (diff.inserted.pop("v_user_groups"),)
    (group,) = bench.sql("SELECT group_uuid FROM v_groups WHERE group_name = 'agent' AND domain_uuid IS NULL")
    assert (gone["group_name"], new["group_name"], new["group_uuid"]) == ("user", "agent", str(group["group_uuid"]))
    assert (new["user_uuid"], new["domain_uuid"]) == (gone["user_uuid"], gone["domain_uuid"])
    assert (diff.updated, diff.inserted, diff.deleted) == ({}, {}, {})


def test_user_with_another_password(edited):
    bench, wanted = edited
    wanted["users"][1]["password"] = "Another-Temp-2026"
    assert run(bench, wanted).updated == {}
    diff = run(bench, wanted, always=True, part="tenant")
    ((columns,),) = (diff.updated.pop("v_users"),)
    assert list(columns) == ["password"]
    assert columns["password"][1].startswith("$2y$10$")
    assert (diff.updated, diff.inserted, diff.deleted) == ({}, {}, {})


def test_destination_led_to_another_extension(edited):
    bench, wanted = edited
    wanted["trunk"]["inbound"][0]["extension"] = "1002"
    diff = run(bench, wanted)
    old, new = f"1001 XML {DOMAIN}", f"1002 XML {DOMAIN}"
    ((destination,),) = (diff.updated.pop("v_destinations"),)
    actions = [json.loads(value) for value in destination.pop("destination_actions")]
    assert actions == [[{"destination_app": "transfer", "destination_data": one}] for one in (old, new)]
    assert destination == {"destination_data": (old, new)}
    ((plan,),) = (diff.updated.pop("v_dialplans"),)
    assert list(plan) == ["dialplan_xml"]
    assert plan["dialplan_xml"][0].replace(old, new) == plan["dialplan_xml"][1]
    before, after = diff.deleted.pop("v_dialplan_details"), diff.inserted.pop("v_dialplan_details")
    kept = [
        [tuple(row[f"dialplan_detail_{name}"] for name in ("tag", "type", "data", "order")) for row in rows]
        for rows in (before, after)
    ]
    assert sorted((*row[:2], row[2].replace(old, new), row[3]) for row in kept[0]) == sorted(kept[1])
    assert (diff.updated, diff.inserted, diff.deleted) == ({}, {}, {})


def test_outbound_route_moved_back_and_closed(edited):
    """Only the route itself changes; its companion stays as it is."""
    bench, wanted = edited
    wanted["trunk"]["outbound"][0].update(order=200, enabled=False)
    diff = run(bench, wanted)
    assert diff.updated == {
        "v_dialplans": [{"dialplan_order": ("100", "200"), "dialplan_enabled": ("true", "false")}],
    }
    assert (diff.inserted, diff.deleted) == ({}, {})


def test_outbound_route_removed_with_its_companion(edited):
    """The page leaves the companion behind, which would mark calls that no route takes any more."""
    bench, wanted = edited
    wanted["trunk"]["outbound"][0]["state"] = "absent"
    diff = run(bench, wanted)
    plans = diff.deleted.pop("v_dialplans")
    assert sorted(plan["dialplan_name"] for plan in plans) == ["call_direction-outbound", "toronto.7d"]
    assert {row["dialplan_uuid"] for row in diff.deleted.pop("v_dialplan_details")} == {plan["dialplan_uuid"] for plan in plans}
    assert (diff.updated, diff.inserted, diff.deleted) == ({}, {}, {})


def test_destination_removed(edited):
    bench, wanted = edited
    wanted["trunk"]["inbound"][1]["state"] = "absent"
    diff = run(bench, wanted)
    ((destination,),) = (diff.deleted.pop("v_destinations"),)
    ((plan,),) = (diff.deleted.pop("v_dialplans"),)
    details = diff.deleted.pop("v_dialplan_details")
    assert destination["destination_number"] == "+14165550111"
    assert {row["dialplan_uuid"] for row in details} == {plan["dialplan_uuid"]} == {destination["dialplan_uuid"]}
    assert len(details) == 2
    assert (diff.updated, diff.inserted, diff.deleted) == ({}, {}, {})


def test_extension_removed_alone(edited):
    """The mailbox and its folder stay, as with the page's button of that name."""
    bench, wanted = edited
    wanted["extensions"][2]["state"] = "absent"
    diff = run(bench, wanted)
    ((extension,),) = (diff.deleted.pop("v_extensions"),)
    assert extension["extension"] == "1003"
    assert (diff.updated, diff.inserted, diff.deleted) == ({}, {}, {})
    assert (Path(bench.lab.voicemail_dir) / "default" / DOMAIN / "1003").is_dir()


def test_extension_removed_with_its_mailbox_and_its_user(edited):
    bench, wanted = edited
    wanted["trunk"]["inbound"][0]["extension"] = "1002"
    wanted["extensions"][0].update(state="absent", remove_voicemail=True)
    diff = run(bench, wanted)
    assert {table: len(rows) for table, rows in diff.deleted.items()} == {
        "v_extensions": 1, "v_extension_users": 1, "v_voicemails": 1,
    }  # fmt: skip
    assert diff.deleted["v_voicemails"][0]["voicemail_id"] == "1001"
    assert (diff.updated, diff.inserted) == ({}, {})
    assert not (Path(bench.lab.voicemail_dir) / "default" / DOMAIN / "1001").exists()


def test_user_removed_with_what_the_page_leaves_behind(edited):
    """Beyond the page: the contact, its address and the assignments, which would be orphans."""
    bench, wanted = edited
    wanted["users"][1]["state"] = "absent"
    diff = run(bench, wanted)
    assert {table: len(rows) for table, rows in diff.deleted.items()} == {
        "v_users": 1, "v_user_groups": 1, "v_contacts": 1, "v_contact_emails": 1,
    }  # fmt: skip
    assert diff.deleted["v_users"][0]["username"] == "temp"
    assert (diff.updated, diff.inserted) == ({}, {})


def test_gateway_removed(edited):
    bench, wanted = edited
    wanted["trunk"]["gateway"] = {"name": "toronto", "state": "absent"}
    diff = run(bench, wanted)
    ((gateway,),) = (diff.deleted.pop("v_gateways"),)
    assert gateway["gateway"] == "toronto"
    assert (diff.updated, diff.inserted, diff.deleted) == ({}, {}, {})


def test_domain_described_anew(edited):
    bench, wanted = edited
    wanted["description"] = "Acme Limited"
    diff = run(bench, wanted)
    assert (diff.updated, diff.inserted, diff.deleted) == (
        {"v_domains": [{"domain_description": ("Acme Corp", "Acme Limited")}]}, {}, {},
    )  # fmt: skip


def test_another_time_zone_changes_setting_action_and_dialplan(edited):
    bench, wanted = edited
    wanted["time_zone"] = "America/Vancouver"
    diff = run(bench, wanted)
    assert diff.updated.pop("v_domain_settings") == [{"domain_setting_value": ("America/Toronto", "America/Vancouver")}]
    ((plan,),) = (diff.updated.pop("v_dialplans"),)
    assert list(plan) == ["dialplan_xml"]
    assert plan["dialplan_xml"][0].replace("America/Toronto", "America/Vancouver") == plan["dialplan_xml"][1]
    assert len(diff.inserted.pop("v_dialplan_details")) == len(diff.deleted.pop("v_dialplan_details"))
    assert (diff.updated, diff.inserted, diff.deleted) == ({}, {}, {})
