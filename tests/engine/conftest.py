"""A lab a shape for the whole session, reset before each test module; the engine is driven directly."""

from __future__ import annotations

import copy

import psycopg2
import psycopg2.extras
import pytest
from ansible_collections.voipbox.fusionpbx.plugins.module_utils import module_front, tenant, trunk
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.configuration import Settings
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.session import Session
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils import documents
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.route_templates import RouteTemplates
from voipbox_lab.lab import Lab
from voipbox_lab.snapshot import difference, snapshot
from voipbox_lab.switch.control import SwitchControl

SHAPES = ("5.5", "5.4")


class Bench:
    """What a test needs of a lab: converge tenant files as the roles do, look with SQL of its own, watch the switch."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.control = SwitchControl(str(lab.control))

    def settings(self, **options) -> Settings:
        return Settings(dict({"config_path": str(self.lab.config_path)}, **options))

    def session(self, check: bool = False, **options) -> Session:
        session = Session(self.settings(**options), check)
        session.start()
        return session

    def tenant(self, *files, check=False, always=False, **options):
        """The tenant half of a run; the result of the module."""
        session = self.session(check, **options)
        try:
            wanted = [documents.tenant_document(copy.deepcopy(one), "test") for one in files]
            return module_front.results(tenant.converge_tenants(session, wanted, always))
        finally:
            session.close()

    def trunk(self, *files, check=False, wait=5, **options):
        """The trunk half of a run; the result of the module."""
        session = self.session(check, **options)
        try:
            templates = RouteTemplates([])
            wanted = [documents.trunk_document(copy.deepcopy(one), "test", templates) for one in files]
            return module_front.results(trunk.converge_trunks(session, wanted, wait))
        finally:
            session.close()

    def both(self, *files, **options):
        """A whole run; fails loudly when a tenant failed."""
        results = self.tenant(*files, **options), self.trunk(*files, **options)
        for result in results:
            assert not result["failed"], result["msg"]
        return results

    def remove(self, *domains, check=False, confirm=None):
        session = self.session(check)
        try:
            confirmed = list(domains) if confirm is None else confirm
            return module_front.results(tenant.remove_tenants(session, list(domains), confirmed))
        finally:
            session.close()

    def sql(self, query, *parameters):
        """Rows of a query, as dictionaries."""
        factory = psycopg2.extras.RealDictCursor
        with psycopg2.connect(str(self.lab.dsn), cursor_factory=factory) as connection, connection.cursor() as cursor:
            cursor.execute(query, parameters)
            return [dict(row) for row in cursor.fetchall()] if cursor.description else []

    def rows(self, table, domain, condition="true"):
        """Rows of a tenant in a table."""
        return self.sql(
            f"SELECT t.* FROM {table} t JOIN v_domains d USING (domain_uuid) WHERE d.domain_name = %s AND {condition}",
            domain,
        )

    def snapshot(self):
        return snapshot(str(self.lab.dsn))

    def changed_since(self, before):
        return difference(before, self.snapshot())

    def told(self):
        """Commands that change something, received by the switch since clear_log()."""
        reading = ("hostname", "acl ", "sofia xmlstatus", "sofia status", "user_exists", "regex", "lua ~require")
        return [entry["command"] for entry in self.control.log() if not entry["command"].startswith(reading)]


@pytest.fixture(scope="session", params=SHAPES)
def lab(request, tmp_path_factory):
    made = Lab(tmp_path_factory.mktemp("lab" + request.param.replace(".", "")), shape=request.param, time_factor=0.1)
    made.up()
    yield made
    made.down()


@pytest.fixture(scope="module")
def fresh_lab(lab):
    lab.reset()
    return lab


@pytest.fixture
def bench(fresh_lab):
    found = Bench(fresh_lab)
    found.control.clear_faults()
    found.control.clear_log()
    return found


@pytest.fixture
def acme():
    return order()


def order(domain="acme.pbx.example.com", number="+14165550100", extensions=3):
    """A tenant file's content."""
    return {
        "domain": domain,
        "description": "Acme Corp",
        "time_zone": "America/Toronto",
        "language": "en-us",
        "limits": {"extensions": 10},
        "users": [
            {
                "username": "admin",
                "password": "Acme-Admin-2026",
                "email": "it@acme.example",
                "group": "admin",
                "language": "en-us",
                "time_zone": "America/Toronto",
            }
        ],
        "extensions": [
            {"number": str(1001 + n), "password": f"Sip-Pass-{n}", "voicemail_password": f"4711{n}", "name": f"Phone {n}"}
            for n in range(extensions)
        ],
        "trunk": {
            "gateway": {
                "name": "toronto",
                "proxy": "toronto.provider1.example",
                "username": "acme-trunk",
                "password": "Trunk-Pass-1",
                "channels": 10,
            },
            "provider_addresses": ["203.0.113.10/32"],
            "inbound": [{"number": number, "extension": "1001"}],
            "outbound": [{"template": "nanp"}, {"template": "emergency_nanp"}],
        },
    }
