# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Extensions of a tenant with their mailbox, their users and what copies their password (device lines)."""

from __future__ import annotations

import uuid

from . import cache, dialled_numbers
from .errors import BadInput
from .passwords import generate_sip_password
from .rules import plain_number
from .user import follows_file
from .voicemail import VoicemailResource
from .work import by_key

# What FusionPBX's extension form holds when nothing is typed in (capture of a form saved with its defaults).
_DEFAULTS = {
    "limit_max": "5",
    "limit_destination": "!USER_BUSY",
    "call_timeout": 30,
    "extension_type": "default",
    "directory_visible": False,
    "directory_exten_visible": False,
    "call_screen_enabled": False,
    "force_ping": False,
    "extension_dialect": "us",
    "extension_voice": "callie",
}
_PLAIN = {
    "caller_id_name": "outbound_caller_id_name",
    "emergency_caller_id_name": "emergency_caller_id_name",
    "description": "description",
}
_NUMBERS = {
    "caller_id_number": "outbound_caller_id_number",
    "emergency_caller_id_number": "emergency_caller_id_number",
}
_ALSO_REMOVED = ("v_extension_users", "v_extension_settings", "v_follow_me_destinations")


class ExtensionResource:
    """Brings extensions to their wanted state.

    Parameters: work; always_pin (update_password: always, for mailboxes); route_leaves, a function that tells whether the
    outbound route with an expression goes in the same run (none does when it is left out), so that it takes no number.
    The SIP password of an extension that is there follows the file unless the entry itself says update_password: on_create.
    """

    def __init__(self, work, always_pin=False, route_leaves=None):
        self.work = work
        self.route_leaves = route_leaves or (lambda expression: False)
        self.taking = None
        self.rows = work.rows("v_extensions")
        self.extension = by_key(self.rows, "extension", "extension", "extension_uuid")
        self.aliases = {row["number_alias"]: row["extension"] for row in self.rows if row["number_alias"]}
        self.assigned = work.rows("v_extension_users")
        self.voicemail = VoicemailResource(work, always_pin)
        self.users = None

    def apply(self, extensions, purge=False):
        """extensions: entries of a tenant file; purge: remove what is not among them."""
        for position, wanted in enumerate(extensions):
            current = self.extension(wanted["number"])
            if wanted.get("state") == "absent":
                if current:
                    self._remove(current, wanted.get("remove_voicemail"))
                elif wanted.get("remove_voicemail"):
                    self.voicemail.remove(wanted["number"])
                continue
            self._refuse_dialled(wanted["number"], current is None, position)
            if current is None and wanted["number"] in self.aliases:
                raise BadInput(
                    "extensions[{0}].number".format(position),
                    "{0} is the alias of extension {1}".format(wanted["number"], self.aliases[wanted["number"]]),
                )
            identity = self._change(current, wanted) if current else self._create(wanted)
            self._assign(identity, wanted, position)
            self.voicemail.present(wanted, current)
        if purge:
            listed = {wanted["number"] for wanted in extensions}
            for row in self.rows:
                if row["extension"] not in listed:
                    self._remove(row, False)

    def _refuse_dialled(self, number, is_new, position):
        """Refuse a number that is dialled for something else. Of an extension that is there, verifying tells the rest."""
        routes, dialplans = self._what_takes() if is_new and self.work.prefetch is None else ((), ())
        cause = dialled_numbers.cause_against_extension(number, (), routes, dialplans)
        if cause:
            raise BadInput("extensions[{0}].number".format(position), cause)

    def _what_takes(self):
        if self.taking is None:
            from .dialled_rows import default_rows, routes_and_dialplans, served_rows

            rows = default_rows(self.work) if self.work.is_new else served_rows(self.work)
            self.taking = routes_and_dialplans(rows, self.route_leaves)
        return self.taking

    def _create(self, wanted):
        work = self.work
        password = work.secret("extensions", wanted["number"], wanted, "password", generate_sip_password)
        row = dict(_DEFAULTS)
        row.update(
            extension_uuid=str(uuid.uuid4()),
            domain_uuid=work.domain_uuid,
            extension=wanted["number"],
            password=password,
            accountcode=work.domain_name,
            user_context=work.domain_name,
            enabled=True,
        )
        row.update(_columns(wanted))
        work.changes.insert("v_extensions", row, "extension " + wanted["number"])
        self._stale(wanted["number"], None)
        return row["extension_uuid"]

    def _change(self, current, wanted):
        work = self.work
        columns = _columns(wanted)
        work.recognise("extensions", wanted["number"], wanted, "password", lambda one: one == current["password"])
        if wanted.get("password") and follows_file(wanted, True):
            columns["password"] = wanted["password"]
        if work.changes.update("v_extensions", "extension_uuid", current, columns, "extension " + current["extension"]):
            self._stale(current["extension"], current["number_alias"])
            if columns.get("password", current["password"]) != current["password"]:
                self._device_lines(current, columns["password"])
        return current["extension_uuid"]

    def _device_lines(self, current, password):
        """Provisioned phones hold a copy of the password, found by server address and user as the page does."""
        work = self.work
        if not work.schema.has("v_device_lines", "password"):
            return
        for line in work.rows("v_device_lines", "server_address = %s AND user_id = %s", (work.domain_name, current["extension"])):
            work.changes.update(
                "v_device_lines", "device_line_uuid", line, {"password": password}, "extension " + current["extension"]
            )

    def _assign(self, extension_uuid, wanted, position):
        """One v_extension_users row for the named user; others of that extension go, for the file names one user."""
        if "user" not in wanted:
            return
        work = self.work
        rows = [row for row in self.assigned if row["extension_uuid"] == extension_uuid]
        user_uuid = self._user(wanted["user"], position) if wanted["user"] else None
        wrong = [row["extension_user_uuid"] for row in rows if row["user_uuid"] != user_uuid]
        right = [row for row in rows if row["user_uuid"] == user_uuid]
        work.changes.delete("v_extension_users", "extension_user_uuid", wrong)
        if user_uuid and not right:
            work.changes.insert(
                "v_extension_users",
                {
                    "extension_user_uuid": str(uuid.uuid4()),
                    "domain_uuid": work.domain_uuid,
                    "extension_uuid": extension_uuid,
                    "user_uuid": user_uuid,
                },
            )
        if wrong or (user_uuid and not right):
            label = "extension " + wanted["number"]
            work.changes.tell("changed", label, {"users": len(rows)}, {"user": wanted["user"]})
            self._stale(wanted["number"], None)

    def _user(self, name, position):
        work = self.work
        if self.users is None:
            self.users = {row["username"].lower(): row["user_uuid"] for row in work.rows("v_users") if row["username"]}
            for row in work.changes.inserts.get("v_users", ()):
                self.users[row["username"].lower()] = row["user_uuid"]
        if name.lower() not in self.users:
            raise BadInput("extensions[{0}].user".format(position), "there is no user {0} in this domain".format(name))
        return self.users[name.lower()]

    def _remove(self, current, with_voicemail):
        """What the page removes with an extension; the mailbox and its messages only when that is asked for."""
        work = self.work
        changes = work.changes
        identity = [current["extension_uuid"]]
        for table in _ALSO_REMOVED:
            changes.delete(table, "extension_uuid", identity)
        follow_me = current.get("follow_me_uuid")
        if follow_me:
            changes.delete("v_follow_me_destinations", "follow_me_uuid", [follow_me])
            changes.delete("v_follow_me", "follow_me_uuid", [follow_me])
        if work.schema.has("v_ring_group_destinations", "destination_number"):
            members = work.rows("v_ring_group_destinations", "destination_number = %s", (current["extension"],))
            changes.delete(
                "v_ring_group_destinations",
                "ring_group_destination_uuid",
                [row["ring_group_destination_uuid"] for row in members],
            )
        changes.delete("v_extensions", "extension_uuid", identity, "extension " + current["extension"], current)
        self._stale(current["extension"], current["number_alias"])
        if with_voicemail:
            self.voicemail.remove(current["number_alias"] or current["extension"])

    def _stale(self, number, alias):
        work = self.work
        work.effects.keys.update(cache.directory(work.session.host, number, work.domain_name))
        if alias:
            work.effects.keys.update(cache.directory(work.session.host, alias, work.domain_name))


def _columns(wanted):
    """v_extensions columns of the keys that the file gives."""
    columns = {column: _trimmed(wanted[key]) for key, column in _PLAIN.items() if key in wanted}
    for key, column in _NUMBERS.items():
        if key in wanted:
            columns[column] = plain_number(wanted[key] or "") or None
    if "name" in wanted:
        columns["effective_caller_id_name"] = _trimmed(wanted["name"])
        columns["effective_caller_id_number"] = wanted["number"] if _trimmed(wanted["name"]) else None
    if "toll_allow" in wanted:
        columns["toll_allow"] = ":".join(wanted["toll_allow"] or []) or None
    if wanted.get("record"):
        columns["user_record"] = None if wanted["record"] == "none" else wanted["record"]
    if wanted.get("call_timeout") is not None:
        columns["call_timeout"] = wanted["call_timeout"]
    if wanted.get("enabled") is not None:
        columns["enabled"] = wanted["enabled"]
    return columns


def _trimmed(value):
    return (value or "").strip() or None
