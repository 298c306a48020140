# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One dialplan of a tenant: its row, its XML and its detail rows, kept saying the same."""

from __future__ import annotations

import uuid

from .database import canonical
from .dialplan_xml import position

# The app of outbound routes, and the name of the dialplan that stands beside each of them.
OUTBOUND = "8c914ec3-9fc0-8ab5-4cda-6c9288bdc9a3"
COMPANION = "call_direction-outbound"


def continue_text(schema, continues):
    """How FusionPBX spells continue in the XML: 1 or nothing where columns are real booleans, else true or false."""
    if schema.real_booleans:
        return "1" if continues else ""
    return "true" if continues else "false"


def insert(work, row, content, label=None, continue_spelling=None):
    """A new dialplan: v_dialplans with its XML, v_dialplan_details with the same content (dialplan_content.Content)."""
    row = dict(row)
    row.setdefault("dialplan_uuid", str(uuid.uuid4()))
    row["domain_uuid"] = work.domain_uuid
    row["dialplan_xml"] = content.xml(row["dialplan_name"], row["dialplan_uuid"], _spelling(work, row, continue_spelling))
    work.changes.insert("v_dialplans", row, label)
    _insert_details(work, row["dialplan_uuid"], content.details)
    return row["dialplan_uuid"]


def sync(work, current, current_details, wanted, content, label, continue_spelling=None):
    """Bring an existing dialplan to the wanted columns and content; True when anything differs."""
    identity = current["dialplan_uuid"]
    spelling = _spelling(work, wanted, continue_spelling)
    xml = content.same_xml(current["dialplan_xml"], wanted["dialplan_name"], identity, spelling)
    columns = dict(wanted, dialplan_xml=xml)
    changed = work.changes.update("v_dialplans", "dialplan_uuid", current, columns, label)
    if not content.same_details(current_details):
        work.changes.delete("v_dialplan_details", "dialplan_uuid", [identity])
        _insert_details(work, identity, content.details)
        work.changes.tell("changed", label, {"details": _readable(current_details)}, {"details": _readable(content.details)})
        changed = True
    return changed


def remove(work, identities, label=None, row=None):
    """Remove dialplans and their details; row is what diff mode shows of them."""
    work.changes.delete("v_dialplan_details", "dialplan_uuid", identities)
    work.changes.delete("v_dialplans", "dialplan_uuid", identities, label, row)


def details_of(work, app_uuid, identities):
    """Detail rows by dialplan uuid, in the order of the dialplan. app_uuid: the app that all of them belong to."""
    found = {identity: [] for identity in identities}
    if not found:
        return found
    if work.prefetch is not None:
        found = {identity: list(work.prefetch.details(app_uuid, identity)) for identity in identities}
    else:
        for row in work.schema.select(work.database, "v_dialplan_details", "dialplan_uuid = ANY(%s::uuid[])", (list(found),)):
            found[row["dialplan_uuid"]].append(row)
    for rows in found.values():
        rows.sort(key=position)
    return found


def _spelling(work, row, continue_spelling):
    if continue_spelling is not None:
        return continue_spelling
    return continue_text(work.schema, canonical(row["dialplan_continue"]) == "true")


def _insert_details(work, dialplan_uuid, details):
    for one in details:
        work.changes.insert(
            "v_dialplan_details",
            dict(
                one,
                dialplan_detail_uuid=str(uuid.uuid4()),
                dialplan_uuid=dialplan_uuid,
                domain_uuid=work.domain_uuid,
            ),
        )


def _readable(rows):
    return [
        " ".join(
            part
            for part in (
                row["dialplan_detail_tag"],
                row["dialplan_detail_type"],
                row["dialplan_detail_data"],
                "(disabled)" if canonical(row["dialplan_detail_enabled"]) == "false" else "",
            )
            if part
        )
        for row in rows
    ]


def is_companion(name):
    """True for the name of a companion dialplan, with or without an abbreviation behind it."""
    return name == COMPANION or (name or "").startswith(COMPANION + ".")
