# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The domain itself: row, default dialplans, settings, time zone, limits, folders."""

from __future__ import annotations

import os
import uuid

from . import cache, dialplan
from .default_dialplans import read_templates, rows_for
from .dialplan_content import Content
from .dialplan_xml import XmlWriter, detail
from .errors import BadInput
from .folders import domain_folders, is_there
from .numbers import dialled_keys
from .work import duplicates

# app_uuid of the default dialplan that carries a tenant's variables (FusionPBX, dialplan domain-variables).
DOMAIN_VARIABLES = "9f356fe7-8cf8-4c14-8fe2-6daf89304458"
_ZONEINFO = "/usr/share/zoneinfo"


class DomainResource:
    """Brings one domain to its wanted state. Parameters: work; templates, a function that reads the default dialplans."""

    def __init__(self, work, templates):
        self.work = work
        self.templates = templates

    def present(self, wanted):
        """wanted: description, time_zone, language, enabled, limits; keys that are missing are left as they are."""
        work = self.work
        zone = wanted.get("time_zone")
        if zone and os.path.isdir(_ZONEINFO) and not os.path.isfile(os.path.join(_ZONEINFO, zone)):
            raise BadInput("time_zone", "{0} is not a known time zone".format(zone))
        if work.is_new:
            self._create(wanted, zone)
        else:
            columns = {"domain_description": _trimmed(wanted["description"])} if "description" in wanted else {}
            if wanted.get("enabled") is not None:
                columns["domain_enabled"] = wanted["enabled"]
            if work.changes.update("v_domains", "domain_uuid", work.domain, columns, "domain"):
                work.effects.keys.update(cache.dialplan(work.domain_name))
                if "domain_enabled" in work.changes.updates[-1][3]:
                    # What the switch has cached is served for ever: a suspended tenant would go on calling.
                    work.effects.keys.update(keys_of(work))
            if zone:
                self._time_zone(zone)
        self._settings(wanted)
        self._folders()

    def _create(self, wanted, zone):
        work = self.work
        work.changes.insert(
            "v_domains",
            {
                "domain_uuid": work.domain_uuid,
                "domain_name": work.domain_name,
                "domain_enabled": wanted.get("enabled") is not False,
                "domain_description": _trimmed(wanted.get("description")),
            },
            "domain",
        )
        taken = {
            row["app_uuid"]
            for row in work.database.execute(
                "SELECT DISTINCT app_uuid::text AS app_uuid FROM v_dialplans WHERE domain_uuid IS NULL AND app_uuid IS NOT NULL"
            )
        }
        length = work.session.default_setting("security", "pin_length")
        dialplans, details = rows_for(
            self.templates(),
            work.domain_name,
            work.domain_uuid,
            taken,
            work.schema.real_booleans,
            int(length) if length and length.isdigit() else None,
        )
        if zone:
            _add_time_zone(dialplans, details, zone, work)
        for row in dialplans:
            work.changes.insert("v_dialplans", row)
        for row in details:
            work.changes.insert("v_dialplan_details", row)
        work.changes.tell("created", "domain", None, {"default_dialplans": len(dialplans)})
        work.effects.keys.update(cache.dialplan(work.domain_name) + cache.access_lists(work.session.host))

    def _time_zone(self, zone):
        work = self.work
        rows = work.rows("v_dialplans", "app_uuid = %s", (DOMAIN_VARIABLES,))
        if not rows:
            work.changes.warnings.append(
                "The dialplan domain-variables is missing, so the time zone stands in the setting alone."
            )
            return
        if len(rows) > 1:
            raise duplicates("dialplan", "domain-variables", [row["dialplan_uuid"] for row in rows])
        row = rows[0]
        current = dialplan.details_of(work, DOMAIN_VARIABLES, [row["dialplan_uuid"]])[row["dialplan_uuid"]]
        wanted = with_time_zone(current, zone)
        if wanted is None:
            return
        columns = {"dialplan_name": row["dialplan_name"], "dialplan_continue": row["dialplan_continue"]}
        dialplan.sync(work, row, current, columns, Content(wanted), "time zone")
        work.effects.keys.update(cache.dialplan(work.domain_name))

    def _settings(self, wanted):
        """v_domain_settings as the domain settings page writes them: order 0, enabled, app_uuid empty."""
        values = []
        if wanted.get("language"):
            values.append(("domain", "language", "code", wanted["language"]))
        if wanted.get("time_zone"):
            values.append(("domain", "time_zone", "name", wanted["time_zone"]))
        for name, value in sorted((wanted.get("limits") or {}).items()):
            if value is not None:
                values.append(("limit", name, "numeric", str(value)))
        if not values:
            return
        work = self.work
        present = {}
        for row in work.rows("v_domain_settings", "domain_setting_category IN ('domain', 'limit')"):
            key = (row["domain_setting_category"], row["domain_setting_subcategory"])
            present.setdefault(key, []).append(row)
        for category, subcategory, usual, value in values:
            rows = present.get((category, subcategory), [])
            label = "setting {0}/{1}".format(category, subcategory)
            if len(rows) > 1:
                raise duplicates("setting", label, [row["domain_setting_uuid"] for row in rows])
            columns = {"domain_setting_value": value, "domain_setting_enabled": True}
            # One that stands keeps its name: FusionPBX's own update renames it when its version wants that.
            name = rows[0]["domain_setting_name"] if rows else work.session.setting_name(category, subcategory, usual)
            stale = cache.setting(work.domain_name, category, subcategory, name)
            if rows:
                if work.changes.update("v_domain_settings", "domain_setting_uuid", rows[0], columns, label):
                    work.effects.keys.update(stale)
                continue
            work.effects.keys.update(stale)
            work.changes.insert(
                "v_domain_settings",
                dict(
                    columns,
                    domain_setting_uuid=str(uuid.uuid4()),
                    domain_uuid=work.domain_uuid,
                    domain_setting_category=category,
                    domain_setting_subcategory=subcategory,
                    domain_setting_name=name,
                    domain_setting_order=0,
                ),
                None if work.is_new else label,
                {"value": value},
            )

    def _folders(self):
        for root, path in domain_folders(self.work.session, self.work.domain_name):
            if not is_there(root, path):
                self.work.effects.make.append((root, path))
                if not self.work.is_new:
                    self.work.changes.tell("changed", "folder " + path, {"folder": "missing"}, {"folder": "present"})


def keys_of(work):
    """Every cache key under which the switch may keep something of a domain that exists."""
    host = work.session.host
    keys = set(cache.of_a_domain(work.domain_name))
    for row in work.rows("v_extensions"):
        for number in (row["extension"], row["number_alias"]):
            if number:
                keys.update(cache.directory(host, number, work.domain_name))
    for row in work.rows("v_destinations"):
        keys.update(cache.inbound(dialled_keys(row["destination_prefix"], row["destination_number"])))
    keys.update(work.session.cache.keys_of_domain(work.domain_name))
    return keys


def with_time_zone(details, zone):
    """The detail rows with the action `set timezone=ZONE` in them, or None when it is there already."""
    data = "timezone=" + zone
    wanted = []
    found = False
    for current in details:
        row = current
        is_zone = row["dialplan_detail_tag"] == "action" and (row["dialplan_detail_data"] or "").startswith("timezone=")
        if is_zone and row["dialplan_detail_type"] == "set":
            found = True
            if row["dialplan_detail_data"] == data and str(row["dialplan_detail_enabled"]).lower() != "false":
                return None
            row = dict(row, dialplan_detail_data=data, dialplan_detail_enabled=None)
        wanted.append({key: row[key] for key in detail("", "", "")})
    if not found:
        last = max([int(row["dialplan_detail_order"] or 0) for row in details] or [0])
        wanted.append(detail("action", "set", data, 0, last + 5, inline="true", enabled=None))
    return wanted


def _add_time_zone(dialplans, details, zone, work):
    for row in dialplans:
        if row["app_uuid"] != DOMAIN_VARIABLES:
            continue
        identity = row["dialplan_uuid"]
        mine = [one for one in details if one["dialplan_uuid"] == identity]
        wanted = with_time_zone(mine, zone)
        if wanted is None:
            return
        details[:] = [one for one in details if one["dialplan_uuid"] != identity]
        for one in wanted:
            one.update(dialplan_detail_uuid=str(uuid.uuid4()), dialplan_uuid=identity, domain_uuid=work.domain_uuid)
        details.extend(wanted)
        spelling = dialplan.continue_text(work.schema, row["dialplan_continue"] == "true")
        row["dialplan_xml"] = XmlWriter(row["dialplan_name"], identity, spelling).write(wanted)


def _trimmed(value):
    return value.strip() if value else None


def templates_of(settings):
    """A function that reads the default dialplans once, and only when a new domain asks for them."""
    cached = []

    def read():
        if not cached:
            cached.append(read_templates(settings.web_root))
        return cached[0]

    return read
