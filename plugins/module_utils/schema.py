# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the FusionPBX tables of this server look like, by probing the catalogue, never by version."""

from __future__ import annotations

from .database import canonical
from .errors import SchemaError

# The columns without which a tenant cannot be written or recognised. Others are written only where they exist.
REQUIRED = {
    "v_domains": "domain_uuid domain_name domain_enabled domain_description",
    "v_domain_settings": "domain_setting_uuid domain_uuid domain_setting_category domain_setting_subcategory "
    "domain_setting_name domain_setting_value domain_setting_order domain_setting_enabled",
    "v_default_settings": "default_setting_category default_setting_subcategory default_setting_value default_setting_enabled",
    "v_dialplans": "dialplan_uuid domain_uuid app_uuid dialplan_context dialplan_name dialplan_number "
    "dialplan_continue dialplan_xml dialplan_order dialplan_enabled dialplan_description",
    "v_dialplan_details": "dialplan_detail_uuid dialplan_uuid domain_uuid dialplan_detail_tag dialplan_detail_type "
    "dialplan_detail_data dialplan_detail_break dialplan_detail_inline dialplan_detail_group dialplan_detail_order "
    "dialplan_detail_enabled",
    "v_users": "user_uuid domain_uuid contact_uuid username password salt user_email user_type user_enabled",
    "v_user_groups": "user_group_uuid domain_uuid user_uuid group_uuid group_name",
    "v_user_settings": "user_setting_uuid user_uuid domain_uuid user_setting_category user_setting_subcategory "
    "user_setting_name user_setting_value user_setting_enabled",
    "v_groups": "group_uuid domain_uuid group_name",
    "v_contacts": "contact_uuid domain_uuid contact_type contact_nickname",
    "v_contact_emails": "contact_email_uuid contact_uuid domain_uuid email_address email_primary",
    "v_extensions": "extension_uuid domain_uuid extension number_alias password accountcode user_context enabled "
    "toll_allow user_record call_timeout effective_caller_id_name effective_caller_id_number outbound_caller_id_name "
    "outbound_caller_id_number emergency_caller_id_name emergency_caller_id_number limit_max limit_destination",
    "v_extension_users": "extension_user_uuid domain_uuid extension_uuid user_uuid",
    "v_voicemails": "voicemail_uuid domain_uuid voicemail_id voicemail_password voicemail_mail_to voicemail_file "
    "voicemail_local_after_email voicemail_enabled",
    "v_gateways": "gateway_uuid domain_uuid gateway username password proxy realm from_domain register "
    "register_transport expire_seconds retry_seconds context profile channels enabled",
    "v_destinations": "destination_uuid domain_uuid dialplan_uuid destination_type destination_prefix "
    "destination_number destination_number_regex destination_context destination_app destination_data "
    "destination_actions destination_conditions destination_order destination_enabled",
    "v_access_controls": "access_control_uuid access_control_name access_control_default",
    "v_access_control_nodes": "access_control_node_uuid access_control_uuid node_type node_cidr",
}
# Written or removed along with the above where the server has them.
_ALSO = (
    "v_device_lines",
    "v_extension_settings",
    "v_follow_me",
    "v_follow_me_destinations",
    "v_ring_groups",
    "v_ring_group_destinations",
    "v_voicemail_greetings",
    "v_voicemail_messages",
    "v_voicemail_options",
)
_BOOLEANS = {
    "v_domains": ("domain_enabled",),
    "v_extensions": ("enabled",),
    "v_voicemails": ("voicemail_enabled",),
    "v_gateways": ("register", "enabled"),
    "v_destinations": ("destination_enabled",),
    "v_dialplans": ("dialplan_enabled", "dialplan_continue"),
    "v_dialplan_details": ("dialplan_detail_enabled",),
    "v_users": ("user_enabled",),
}
_PROBE = """
SELECT c.relname AS table_name, a.attname AS column_name, t.typname AS type_name
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
 WHERE c.relkind IN ('r', 'p') AND pg_catalog.pg_table_is_visible(c.oid) AND c.relname = ANY(%s)
"""


class Schema:
    """Columns and types of the tables this collection touches. Raises SchemaError, naming what is missing or unknown."""

    def __init__(self, database):
        names = sorted(list(REQUIRED) + list(_ALSO))
        self.columns = {}
        for row in database.execute(_PROBE, (names,)):
            self.columns.setdefault(row["table_name"], {})[row["column_name"]] = row["type_name"]
        missing = []
        for table, columns in sorted(REQUIRED.items()):
            have = self.columns.get(table)
            if have is None:
                missing.append("table " + table)
            else:
                missing.extend("{0}.{1}".format(table, name) for name in columns.split() if name not in have)
        unknown = [
            "{0}.{1} of type {2}".format(table, name, self.columns[table][name])
            for table, names in sorted(_BOOLEANS.items())
            for name in names
            if self.columns.get(table, {}).get(name, "bool") not in ("bool", "text", "varchar")
        ]
        if missing or unknown:
            raise SchemaError(
                "This FusionPBX database has a shape that is not known: "
                + "; ".join(["missing " + name for name in missing] + ["unexpected " + name for name in unknown])
                + ".",
                next_step="Supported are the tables of FusionPBX 5.1 to 5.5; run its upgrade.php --schema if it is newer.",
            )
        self.real_booleans = self.columns["v_dialplans"]["dialplan_continue"] == "bool"

    def has(self, table, column=None):
        """True when the server has that table (and that column)."""
        return table in self.columns and (column is None or column in self.columns[table])

    def insertable(self, table, row):
        """The row as it can be inserted: known columns only, canonical text, time of insertion where there is a column."""
        have = self.columns[table]
        values = {name: canonical(value) for name, value in row.items() if name in have}
        if "insert_date" in have:
            values["insert_date"] = "now"
        return values

    def select(self, database, table, where, parameters=()):
        """Rows of a table as text (None stays None), one dictionary a row, audit columns left out."""
        names = [name for name in self.columns[table] if name not in ("insert_date", "insert_user", "update_date", "update_user")]
        sql = "SELECT {0} FROM {1} WHERE {2}".format(", ".join("{0}::text AS {0}".format(n) for n in names), table, where)
        return database.execute(sql, parameters)
