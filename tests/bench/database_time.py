"""The engine's own database time for one order, against the same rows in one bare transaction."""

from __future__ import annotations

import time

from ansible_collections.voipbox.fusionpbx.plugins.module_utils import session as sessions
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.configuration import Settings
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.database import Database
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.tenant import converge_tenants
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.trunk import converge_trunks
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils import documents
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.route_templates import RouteTemplates


def sample(lab, tenant: dict[str, object]) -> float:
    """One ratio. Parameters: lab (up), tenant, a tenant file's content that is not on the lab yet."""
    settings = Settings({"config_path": str(lab.config_path)})
    session = sessions.Session(settings)
    session.start()
    session.database.seconds = 0.0
    tenants = converge_tenants(session, [documents.tenant_document(tenant, "bench")])
    trunks = converge_trunks(session, [documents.trunk_document(tenant, "bench", RouteTemplates([]))], 5)
    seconds = session.database.seconds
    session.close()
    for outcome in tenants + trunks:
        if outcome.error:
            raise SystemExit(f"The order failed: {outcome.error}")
    return seconds / _bare(settings, [outcome.work.changes for outcome in tenants + trunks])


def _bare(settings: Settings, all_changes: list) -> float:
    """Seconds for the same rows in one transaction, into tables of the same shape and indexes."""
    database = Database(settings)
    for table in {name for changes in all_changes for name in changes.inserts}:
        database.execute(f"CREATE TABLE IF NOT EXISTS {table}_bare (LIKE {table} INCLUDING ALL)")
    database.commit()
    started = time.monotonic()
    for changes in all_changes:
        for table, rows in changes.inserts.items():
            by_columns: dict[tuple[str, ...], list[dict]] = {}
            for row in rows:
                by_columns.setdefault(tuple(row), []).append(row)
            for group in by_columns.values():
                database.insert(table + "_bare", group)
    database.commit()
    seconds = time.monotonic() - started
    database.close()
    return seconds
