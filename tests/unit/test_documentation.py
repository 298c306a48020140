"""What is written about the product agrees with it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible_collections.voipbox.fusionpbx.plugins.module_utils import schema
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.module_front import connection_spec
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils import tenant_spec
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.route_templates import RouteTemplates

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"


def test_the_page_of_the_modules_is_up_to_date():
    done = subprocess.run([sys.executable, str(ROOT / "scripts" / "module_reference.py"), "--check"], check=False)
    assert done.returncode == 0, "run scripts/module_reference.py"


def test_the_example_tenants_pass_the_specification():
    for path in (ROOT / "examples" / "tenants").glob("*.yml"):
        assert tenant_spec.check(yaml.safe_load(path.read_text(encoding="utf-8")))[1] == []


def names(options):
    for name, option in options.items():
        yield name
        yield from names(option.get("options") or {})


def test_every_key_of_a_tenant_file_is_described():
    text = (REFERENCE / "tenant-file.md").read_text(encoding="utf-8")
    missing = {name for name in names(tenant_spec.specification()) if f"`{name}`" not in text}
    assert missing - {"state"} == set()


@pytest.mark.parametrize("kind", ["inbound", "outbound"])
def test_every_route_template_is_described(kind):
    text = (REFERENCE / "route-templates.md").read_text(encoding="utf-8")
    assert [name for name in RouteTemplates([]).names(kind) if f"`{name}`" not in text] == []


def test_every_connection_option_is_a_described_host_variable():
    text = (REFERENCE / "host-variables.md").read_text(encoding="utf-8")
    for option in connection_spec():
        ending = "_" + option.split("_", 1)[1] if option.startswith("database_") else "_" + option.rsplit("_", 1)[-1]
        assert f"fusionpbx_{option}" in text or ending in text or option == "config_path"


def test_every_table_is_listed():
    text = (REFERENCE / "tables.md").read_text(encoding="utf-8")
    assert [table for table in schema.REQUIRED if f"`{table}`" not in text] == []


def test_links_between_pages_lead_somewhere():
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    for page in pages:
        for link in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert link.startswith("http") or (page.parent / link).exists(), f"{page.name}: {link}"
