# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mailbox of an extension: v_voicemails and its folder, always written with the extension as the page does."""

from __future__ import annotations

import uuid

from . import cache
from .folders import is_there, require_root
from .passwords import generate_pin
from .user import follows_file
from .work import by_key


class VoicemailResource:
    """Brings mailboxes to their wanted state. Parameters: work; always_pin: an existing PIN follows the file."""

    def __init__(self, work, always_pin=False):
        self.work = work
        self.always_pin = always_pin
        self.mailbox = by_key(work.rows("v_voicemails"), "voicemail_id", "mailbox", "voicemail_uuid")

    def present(self, wanted, extension):
        """wanted: the extension's entry of the tenant file; extension: its row when it was there before."""
        work = self.work
        identity = (extension or {}).get("number_alias") or wanted["number"]
        current = self.mailbox(identity)
        columns = {}
        if wanted.get("voicemail") is not None:
            columns["voicemail_enabled"] = wanted["voicemail"]
        if "email" in wanted:
            columns["voicemail_mail_to"] = (wanted["email"] or "").strip() or None
        if "description" in wanted:
            columns["voicemail_description"] = (wanted["description"] or "").strip() or None
        if current is None:
            self._create(identity, columns, wanted, extension)
            enabled = columns.get("voicemail_enabled", True)
        else:
            if wanted.get("voicemail_password") and follows_file(wanted, self.always_pin):
                columns["voicemail_password"] = wanted["voicemail_password"]
            stored = current["voicemail_password"]
            work.recognise("extensions", wanted["number"], wanted, "voicemail_password", lambda one: one == stored)
            label = "extension " + wanted["number"]
            if work.changes.update("v_voicemails", "voicemail_uuid", current, columns, label):
                work.effects.keys.update(cache.directory(work.session.host, wanted["number"], work.domain_name))
            enabled = columns.get("voicemail_enabled", current["voicemail_enabled"] != "false")
        if enabled:
            self._folder(identity, extension, wanted)

    def remove(self, identity):
        """Remove a mailbox with its messages, greetings and folder."""
        work = self.work
        current = self.mailbox(identity)
        if current:
            for table in ("v_voicemail_messages", "v_voicemail_greetings", "v_voicemail_options"):
                column = "voicemail_id" if table == "v_voicemail_greetings" else "voicemail_uuid"
                value = current["voicemail_id"] if column == "voicemail_id" else current["voicemail_uuid"]
                key = {
                    "v_voicemail_messages": "voicemail_message_uuid",
                    "v_voicemail_greetings": "voicemail_greeting_uuid",
                    "v_voicemail_options": "voicemail_option_uuid",
                }[table]
                if work.schema.has(table, column):
                    rows = work.rows(table, column + "::text = %s", (value,))
                    work.changes.delete(table, key, [row[key] for row in rows])
            work.changes.delete("v_voicemails", "voicemail_uuid", [current["voicemail_uuid"]], "mailbox " + identity, current)
        root, path = self._place(identity)
        if root and is_there(root, path):
            work.effects.remove.append((root, path))
            work.changes.tell("removed", "mailbox " + identity, {"folder": path}, None)

    def _create(self, identity, columns, wanted, extension):
        work = self.work
        pin = work.secret("extensions", wanted["number"], wanted, "voicemail_password", generate_pin)
        row = {
            "voicemail_uuid": str(uuid.uuid4()),
            "domain_uuid": work.domain_uuid,
            "voicemail_id": identity,
            "voicemail_password": pin,
            "voicemail_file": "attach",
            "voicemail_local_after_email": True,
            "voicemail_enabled": True,
        }
        row.update(columns)
        work.changes.insert("v_voicemails", row)
        label = "extension " + wanted["number"]
        if extension:
            work.changes.tell("changed", label, {"mailbox": None}, {"mailbox": identity})
            work.effects.keys.update(cache.directory(work.session.host, wanted["number"], work.domain_name))

    def _folder(self, identity, extension, wanted):
        work = self.work
        root, path = self._place(identity)
        require_root(root, "voicemail")
        if not is_there(root, path):
            work.effects.make.append((root, path))
            if extension:
                work.changes.tell("changed", "extension " + wanted["number"], {"mailbox_folder": None}, {"mailbox_folder": path})

    def _place(self, identity):
        return self.work.session.voicemail_dir(), "default/{0}/{1}".format(self.work.domain_name, identity)
