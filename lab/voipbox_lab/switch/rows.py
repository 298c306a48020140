# SPDX-License-Identifier: GPL-3.0-or-later
"""What the switch's Lua handlers read from FusionPBX's tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg2
import psycopg2.extras

# The forms in which a stored destination answers to a dialled number (FusionPBX's dialplan handler, single mode).
_SINGLE = """
SELECT dialplan_xml FROM (
  SELECT p.dialplan_xml, p.dialplan_order FROM v_dialplans p
   WHERE p.dialplan_enabled::text = 'true' AND p.dialplan_uuid IN (
    SELECT dialplan_uuid FROM v_destinations WHERE %(number)s IN (
      coalesce(destination_prefix, '') || coalesce(destination_area_code, '') || coalesce(destination_number, ''),
      coalesce(destination_trunk_prefix, '') || coalesce(destination_area_code, '') || coalesce(destination_number, ''),
      coalesce(destination_prefix, '') || coalesce(destination_number, ''),
      '+' || coalesce(destination_prefix, '') || coalesce(destination_number, ''),
      '+' || coalesce(destination_prefix, '') || coalesce(destination_area_code, '') || coalesce(destination_number, ''),
      coalesce(destination_area_code, '') || coalesce(destination_number, ''),
      destination_number))
  UNION
  SELECT p.dialplan_xml, p.dialplan_order FROM v_dialplans p
   WHERE p.domain_uuid IS NULL AND p.dialplan_context LIKE '%%public%%' AND p.dialplan_enabled::text = 'true'
) AS served ORDER BY dialplan_order
"""
_PUBLIC = """
SELECT dialplan_xml FROM v_dialplans WHERE dialplan_context = %(context)s AND dialplan_enabled::text = 'true'
ORDER BY dialplan_order
"""
_TENANT = """
SELECT dialplan_xml FROM v_dialplans WHERE dialplan_context IN (%(context)s, '${domain_name}', 'global')
   AND dialplan_enabled::text = 'true' ORDER BY dialplan_order
"""
_GATEWAYS = """
SELECT lower(gateway_uuid::text) AS gateway_uuid, profile, username, password, realm, from_user, from_domain, proxy,
       register::text AS register, register_transport, expire_seconds::text AS expire_seconds,
       retry_seconds::text AS retry_seconds, context, extension
  FROM v_gateways WHERE enabled::text = 'true' ORDER BY gateway_uuid
"""
_PROFILES = """
SELECT p.sip_profile_name, coalesce(max(s.sip_profile_setting_value), 'false') AS tls
  FROM v_sip_profiles p LEFT JOIN v_sip_profile_settings s
       ON s.sip_profile_uuid = p.sip_profile_uuid AND s.sip_profile_setting_name = 'tls'
          AND s.sip_profile_setting_enabled::text = 'true'
 WHERE p.sip_profile_enabled::text = 'true' GROUP BY p.sip_profile_name ORDER BY p.sip_profile_name
"""
_LISTS = """
SELECT c.access_control_name AS name, c.access_control_default AS otherwise, n.node_type AS kind, n.node_cidr AS cidr
  FROM v_access_controls c LEFT JOIN v_access_control_nodes n USING (access_control_uuid)
"""
_EXTENSION = """
SELECT e.extension, d.domain_name FROM v_extensions e JOIN v_domains d USING (domain_uuid)
 WHERE d.domain_name = %(domain)s AND %(number)s IN (e.extension, e.number_alias)
   AND e.enabled::text = 'true' AND d.domain_enabled::text = 'true'
"""
_SETTING = """
SELECT default_setting_value AS value FROM v_default_settings
 WHERE default_setting_category = %(category)s AND default_setting_subcategory = %(subcategory)s
"""


def read_config(path: Path) -> dict[str, str]:
    """FusionPBX's config.conf as a flat dictionary."""
    pairs = (line.split("=", 1) for line in path.read_text(encoding="utf-8").splitlines() if "=" in line)
    return {key.strip(): value.strip() for key, value in pairs if not key.lstrip().startswith("#")}


class Rows:
    """Reads rows over one connection that is opened again when it was lost. Parameters: config, of config.conf."""

    def __init__(self, config: dict[str, str]) -> None:
        self._config = config
        self._connection: Any = None

    def query(self, sql: str, **parameters: object) -> list[dict[str, Any]]:
        """Rows of a query; none when the database cannot be reached, as on the real switch."""
        for _ in range(2):
            try:
                if self._connection is None:
                    self._connection = self._connect()
                with self._connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
                    cursor.execute(sql, parameters)
                    return [dict(row) for row in cursor.fetchall()]
            except psycopg2.Error:
                self._connection = None
        return []

    def _connect(self) -> Any:
        config = self._config
        connection = psycopg2.connect(
            host=config["database.0.host"],
            port=config["database.0.port"],
            dbname=config["database.0.name"],
            user=config["database.0.username"],
            password=config.get("database.0.password"),
            application_name="voipbox-lab-switch",
        )
        connection.autocommit = True
        return connection

    def gateways(self) -> list[dict[str, Any]]:
        """Enabled gateways."""
        return self.query(_GATEWAYS)

    def profiles(self) -> dict[str, str]:
        """Names of the enabled SIP profiles, with what their setting tls says."""
        return {row["sip_profile_name"]: row["tls"] for row in self.query(_PROFILES)}

    def access_lists(self) -> list[dict[str, Any]]:
        """Entries of all access lists."""
        return self.query(_LISTS)

    def extension(self, number: str, domain: str) -> dict[str, Any] | None:
        """An enabled extension of an enabled domain."""
        rows = self.query(_EXTENSION, number=number, domain=domain)
        return rows[0] if rows else None

    def setting(self, category: str, subcategory: str) -> str | None:
        """A default setting, enabled or not, as the handler reads it."""
        rows = self.query(_SETTING, category=category, subcategory=subcategory)
        return rows[0]["value"] if rows else None

    def single(self, number: str) -> list[str]:
        """Dialplans of one dialled number."""
        return [row["dialplan_xml"] or "" for row in self.query(_SINGLE, number=number)]

    def context(self, name: str) -> list[str]:
        """Dialplans of a context, the global ones with a tenant's."""
        sql = _PUBLIC if name == "public" or "@" in name else _TENANT
        return [row["dialplan_xml"] or "" for row in self.query(sql, context=name)]

    def password_of(self, gateway_uuid: str) -> str | None:
        """What the provider gave for a gateway: the password in its row."""
        rows = self.query("SELECT password FROM v_gateways WHERE gateway_uuid::text = %(uuid)s", uuid=gateway_uuid)
        return rows[0]["password"] if rows else None
