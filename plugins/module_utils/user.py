# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users of a tenant: six tables in one act, as FusionPBX's user page writes them (v_users, groups, contact, settings)."""

from __future__ import annotations

import time
import uuid

from .errors import BadInput, Conflict
from .passwords import Hashing, generate_user_password, verify_password
from .work import by_key, duplicates

_SETTINGS = {"language": ("language", "code"), "time_zone": ("time_zone", "name")}
_CONTACT = {
    "first_name": "contact_name_given",
    "last_name": "contact_name_family",
    "organization": "contact_organization",
}
_CREATOR = "voipbox"
DEFAULT_GROUP = "admin"


class UserResource:
    """Brings users to their wanted state.

    Parameters: work; always_password (update_password: always: an existing password is compared and replaced), for entries
    that do not say it themselves; hashing,
    a passwords.Hashing that has begun already, so that a batch hashes on all cores while its rows are written.
    """

    def __init__(self, work, always_password=False, hashing=None):
        self.work = work
        self.always_password = always_password
        self.hashing = hashing or Hashing(())
        # A row without a name (a contact without a login) is nobody's.
        named = [row for row in work.rows("v_users") if row["username"]]
        self.user = by_key(named, "username", "user", "user_uuid", str.lower)
        self.memberships = _grouped(work.rows("v_user_groups"), "user_uuid")
        self.settings = _grouped(work.rows("v_user_settings", "user_setting_category = 'domain'"), "user_uuid")
        self._groups = None

    def apply(self, users):
        """users: entries of a tenant file (username, password, email, group, language, time_zone, names, state)."""
        for position, wanted in enumerate(users):
            current = self.user(wanted["username"])
            if wanted.get("state") == "absent":
                if current:
                    self._remove(current)
            elif current:
                self._change(current, wanted, position)
            else:
                self._create(wanted, position)

    def _create(self, wanted, position):
        work = self.work
        label = "user " + wanted["username"]
        if (work.session.default_setting("users", "unique") or "") == "global":
            others = work.select("v_users", "lower(username) = lower(%s)", (wanted["username"],))
            if others:
                raise Conflict(
                    "users[{0}].username: {1} exists in another domain and this server wants names to be unique.".format(
                        position, wanted["username"]
                    )
                )
        group = self._group(wanted.get("group") or DEFAULT_GROUP, position)
        password = work.secret("users", wanted["username"], wanted, "password", generate_user_password)
        user_uuid = str(uuid.uuid4())
        contact_uuid = str(uuid.uuid4())
        shown = {"username": wanted["username"], "email": wanted.get("email"), "group": group["group_name"]}
        work.changes.insert(
            "v_users",
            {
                "user_uuid": user_uuid,
                "domain_uuid": work.domain_uuid,
                "contact_uuid": contact_uuid,
                "username": wanted["username"],
                "salt": None,
                "user_email": wanted.get("email"),
                "user_type": "default",
                "user_enabled": wanted.get("enabled") is not False,
                "add_user": _CREATOR,
                "add_date": time.strftime("%Y-%m-%d %H:%M:%S%z"),
            },
            label,
            shown,
            {"password": self.hashing.of(password)},
        )
        self._join(user_uuid, group)
        contact = {column: _trimmed(wanted.get(key)) for key, column in _CONTACT.items()}
        contact.update(
            contact_uuid=contact_uuid,
            domain_uuid=work.domain_uuid,
            contact_type="user",
            contact_nickname=wanted["username"],
        )
        work.changes.insert("v_contacts", contact)
        if wanted.get("email"):
            self._add_email(contact_uuid, wanted["email"])
        for key in _SETTINGS:
            if wanted.get(key):
                self._add_setting(user_uuid, key, wanted[key])

    def _change(self, current, wanted, position):
        work = self.work
        label = "user " + current["username"]
        columns = {}
        work.recognise("users", wanted["username"], wanted, "password", lambda one: verify_password(one, current["password"]))
        if wanted.get("enabled") is not None:
            columns["user_enabled"] = wanted["enabled"]
        if "email" in wanted:
            columns["user_email"] = wanted["email"]
        follows = follows_file(wanted, self.always_password)
        given = wanted.get("password") if follows else None
        if given and not verify_password(given, current["password"]):
            columns.update(password=self._hash(given), salt=None)
        work.changes.update("v_users", "user_uuid", current, columns, label)
        if wanted.get("group"):
            self._set_group(current, self._group(wanted["group"], position), label)
        for key, (subcategory, unused) in _SETTINGS.items():
            if key in wanted:
                self._set_setting(current, key, subcategory, wanted[key], label)
        self._set_contact(current, wanted, label)

    def _set_group(self, current, group, label):
        rows = self.memberships.get(current["user_uuid"], [])
        right = [row for row in rows if row["group_uuid"] == group["group_uuid"] and row["domain_uuid"] == self.work.domain_uuid]
        wrong = [row["user_group_uuid"] for row in rows if row not in right[:1]]
        if wrong or not right:
            self.work.changes.tell(
                "changed",
                label,
                {"groups": sorted(row["group_name"] or "" for row in rows)},
                {"groups": [group["group_name"]]},
            )
        self.work.changes.delete("v_user_groups", "user_group_uuid", wrong)
        if not right:
            self._join(current["user_uuid"], group)

    def _set_setting(self, current, key, subcategory, value, label):
        work = self.work
        rows = [row for row in self.settings.get(current["user_uuid"], []) if row["user_setting_subcategory"] == subcategory]
        if len(rows) > 1:
            raise duplicates("user setting", subcategory, [row["user_setting_uuid"] for row in rows])
        if not value:
            work.changes.delete("v_user_settings", "user_setting_uuid", [row["user_setting_uuid"] for row in rows])
            if rows:
                work.changes.tell("changed", label, {key: rows[0]["user_setting_value"]}, {key: None})
        elif rows:
            wanted = {"user_setting_value": value, "user_setting_enabled": True}
            work.changes.update("v_user_settings", "user_setting_uuid", rows[0], wanted, label)
        else:
            self._add_setting(current["user_uuid"], key, value)
            work.changes.tell("changed", label, {key: None}, {key: value})

    def _set_contact(self, current, wanted, label):
        """Names follow the file. The contact's e-mail does not: the user page writes it once, when the user is made."""
        if not current["contact_uuid"] or not any(key in wanted for key in _CONTACT):
            return
        work = self.work
        contacts = work.rows("v_contacts", "contact_uuid = %s", (current["contact_uuid"],))
        if contacts:
            columns = {column: _trimmed(wanted[key]) for key, column in _CONTACT.items() if key in wanted}
            work.changes.update("v_contacts", "contact_uuid", contacts[0], columns, label)

    def _remove(self, current):
        """The page leaves the contact, its e-mail and the extension assignments behind; here they go too."""
        changes = self.work.changes
        identity = [current["user_uuid"]]
        changes.delete("v_user_settings", "user_uuid", identity)
        changes.delete("v_user_groups", "user_uuid", identity)
        changes.delete("v_extension_users", "user_uuid", identity)
        if current["contact_uuid"]:
            contact = self.work.rows("v_contacts", "contact_uuid = %s AND contact_type = 'user'", (current["contact_uuid"],))
            if contact:
                changes.delete("v_contact_emails", "contact_uuid", [current["contact_uuid"]])
                changes.delete("v_contacts", "contact_uuid", [current["contact_uuid"]])
        changes.delete("v_users", "user_uuid", identity, "user " + current["username"], current)

    def _group(self, name, position):
        """The group by name: permission checks join on its uuid, which is random in each install."""
        work = self.work
        if name == "superadmin" and not work.session.settings.allow_superadmin:
            raise BadInput(
                "users[{0}].group".format(position),
                "superadmin sees every tenant of the server",
                "Use admin, or allow it for this server with fusionpbx_allow_superadmin: true.",
            )
        if self._groups is None:
            self._groups = {}
            for row in work.select("v_groups", "domain_uuid IS NULL OR domain_uuid = %s", (work.domain_uuid,)):
                held = self._groups.get(row["group_name"])
                if held is None or row["domain_uuid"]:
                    self._groups[row["group_name"]] = row
        if name not in self._groups:
            raise BadInput(
                "users[{0}].group".format(position),
                "the group {0} does not exist on this server (there are {1})".format(name, ", ".join(sorted(self._groups))),
            )
        return self._groups[name]

    def _hash(self, password):
        if self.work.session.check_mode:
            return "predicted"
        return self.hashing.of(password)()

    def _join(self, user_uuid, group):
        self.work.changes.insert(
            "v_user_groups",
            {
                "user_group_uuid": str(uuid.uuid4()),
                "domain_uuid": self.work.domain_uuid,
                "user_uuid": user_uuid,
                "group_uuid": group["group_uuid"],
                "group_name": group["group_name"],
            },
        )

    def _add_setting(self, user_uuid, key, value):
        subcategory, name = _SETTINGS[key]
        self.work.changes.insert(
            "v_user_settings",
            {
                "user_setting_uuid": str(uuid.uuid4()),
                "user_uuid": user_uuid,
                "domain_uuid": self.work.domain_uuid,
                "user_setting_category": "domain",
                "user_setting_subcategory": subcategory,
                "user_setting_name": name,
                "user_setting_value": value,
                "user_setting_enabled": True,
            },
        )

    def _add_email(self, contact_uuid, address):
        primary = self.work.schema.columns["v_contact_emails"]["email_primary"]
        self.work.changes.insert(
            "v_contact_emails",
            {
                "contact_email_uuid": str(uuid.uuid4()),
                "contact_uuid": contact_uuid,
                "domain_uuid": self.work.domain_uuid,
                "email_address": address,
                "email_primary": "1" if primary == "numeric" else True,
            },
        )


def passwords_to_hash(tenants):
    """Passwords of users of the tenants, given or made for them, to be hashed while the first transactions run."""
    passwords = {
        user.get("password") or (user.get("candidate") or {}).get("password")
        for tenant in tenants
        for user in tenant.get("users") or []
        if user.get("state") != "absent"
    }
    return sorted(password for password in passwords if password)


def follows_file(wanted, otherwise):
    """Whether the secrets of something that is there follow its entry: as its update_password says, else as the run's."""
    return otherwise if wanted.get("update_password") is None else wanted["update_password"] == "always"


def _grouped(rows, key):
    found = {}
    for row in rows:
        found.setdefault(row[key], []).append(row)
    return found


def _trimmed(value):
    return (value or "").strip() or None
