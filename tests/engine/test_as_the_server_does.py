"""What differs between versions of FusionPBX is asked of the server: names of settings, the set of default dialplans."""

from __future__ import annotations

import pathlib
import shutil
from xml.etree import ElementTree

from tests.engine.conftest import order

_PLANS = "*/*/resources/switch/conf/dialplan/*.xml"


def names(bench, domain):
    rows = bench.rows("v_domain_settings", domain)
    return {row["domain_setting_subcategory"]: row["domain_setting_name"] for row in rows}


def test_a_setting_bears_the_name_that_its_default_setting_has_on_this_server(bench):
    older, newer = order("version-a.pbx.example.com", "+14165570401"), order("version-b.pbx.example.com", "+14165570402")
    bench.both(older)
    assert names(bench, older["domain"])["time_zone"] == "name"
    bench.sql(
        "UPDATE v_default_settings SET default_setting_name = 'text'"
        " WHERE default_setting_category = 'domain' AND default_setting_subcategory = 'time_zone'"
    )
    try:
        bench.both(newer)
        assert names(bench, newer["domain"]) == {"language": "code", "time_zone": "text", "extensions": "numeric"}
        # The newer version's own update renames what stands; a run neither does that nor takes it back.
        assert not any(result["changed"] for result in bench.both(older))
        bench.sql("UPDATE v_domain_settings SET domain_setting_name = 'text' WHERE domain_setting_name = 'name'")
        assert not any(result["changed"] for result in bench.both(older, newer))
    finally:
        bench.sql(
            "UPDATE v_default_settings SET default_setting_name = 'name'"
            " WHERE default_setting_category = 'domain' AND default_setting_subcategory = 'time_zone'"
        )


def test_the_default_dialplans_are_those_of_the_web_root_however_many(bench, tmp_path):
    source = pathlib.Path(bench.settings().web_root)
    root = tmp_path / "fusionpbx"
    wanted = {}
    for path in sorted(source.glob(_PLANS)):
        element = ElementTree.parse(path).getroot()
        if element.get("global") != "true" and element.get("app_uuid"):
            wanted[element.get("app_uuid")] = path
    gone = sorted(wanted)[:2]
    for identity, path in wanted.items():
        target = root / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        if identity not in gone:
            shutil.copy(path, target)
    extra = root / "app" / "own" / "resources" / "switch" / "conf" / "dialplan" / "500_own.xml"
    extra.parent.mkdir(parents=True)
    extra.write_text(
        '<extension name="own" number="*5500" context="${domain_name}" continue="false" order="500"'
        ' app_uuid="0b7d7a52-1f0f-4a53-9f5b-6f6d6d5b0c01">'
        '<condition field="destination_number" expression="^\\*5500$"><action application="answer"/></condition></extension>'
    )
    tenant = order("version-c.pbx.example.com", "+14165570403")
    told = bench.tenant(tenant, web_root=str(root))
    assert not told["failed"], told["msg"]
    rows = bench.rows("v_dialplans", tenant["domain"])
    assert {str(row["app_uuid"]) for row in rows} == set(wanted) - set(gone) | {"0b7d7a52-1f0f-4a53-9f5b-6f6d6d5b0c01"}
