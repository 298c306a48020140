# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Passwords for what a run may make: made and kept on the control node before they are sent.

The PBX server only tells which of them it used. Those go into the tenant's file, the others are forgotten. Until that is
known they stand in one file of the run, under a lock of its process: what a run that was killed left there is sent again by
the next one, and the server tells whether it is what stands in its rows.
"""

from __future__ import annotations

import contextlib
import json
import os
import uuid

from ansible_collections.voipbox.fusionpbx.plugins.module_utils.passwords import (
    generate_pin,
    generate_sip_password,
    generate_user_password,
)
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils import secrets_store

_PREFIX = "candidates-"
_ENDING = ".json"
_MADE = {
    "users": ("username", {"password": generate_user_password}),
    "extensions": ("number", {"password": generate_sip_password, "voicemail_password": generate_pin}),
}


def wanted(document):
    """True for a tenant's document with a user or an extension that may need a password which the file does not give."""
    return any(True for unused in _missing(document))


class Candidates:
    """The candidates of one run. Parameters: folder, that of the secrets; it must be there and take files.

    content is {domain: {"users": {name: {"password": ...}}, "extensions": {number: {...}}}}.
    """

    def __init__(self, folder):
        self.folder = folder
        self.path = os.path.join(folder, "{0}{1}{2}".format(_PREFIX, uuid.uuid4(), _ENDING))
        self.descriptor = None
        self.content = {}

    def add(self, documents):
        """Give the entries of the documents their candidates and keep these. Raises OSError when they cannot be kept."""
        left, taken = self._left_behind()
        self.content = {domain: kinds for domain, kinds in left.items() if kinds}
        for document in documents:
            mine = self.content.setdefault(document["domain"], {})
            for kind, name, entry, fields in _missing(document):
                old = mine.get(kind, {}).get(name, {})
                values = {field: old.get(field) or make() for field, make in fields.items()}
                mine.setdefault(kind, {})[name] = dict(old, **values)
                entry["candidate"] = dict(values, earlier=bool(old))
        self._write()
        for path, descriptor in taken:
            with contextlib.suppress(OSError):
                os.unlink(path)
            os.close(descriptor)

    def settle(self, domain, used):
        """Keep what a tenant's server used of its candidates, and forget the others.

        Parameters: used, {"users": {name: [field]}, "extensions": {number: [field]}}. Returns the path of the tenant's file,
        None when nothing was used. Raises OSError and the like when keeping fails: the candidates stay in their own file.
        """
        mine = self.content.get(domain, {})
        kept = {}
        for kind, named in (used or {}).items():
            for name, fields in named.items():
                values = {field: value for field, value in mine.get(kind, {}).get(name, {}).items() if field in fields}
                if values:
                    kept.setdefault(kind, {})[name] = values
        path = secrets_store.keep(self.folder, domain, kept) if kept else None
        self.content.pop(domain, None)
        return path

    def close(self):
        """End the run's file: removed when everything is settled, else left for the next run. Returns its path then."""
        if self.descriptor is None:
            return None
        try:
            if self.content:
                with contextlib.suppress(OSError):
                    self._write()
                return self.path
            os.unlink(self.path)
        except FileNotFoundError:
            pass
        finally:
            os.close(self.descriptor)
            self.descriptor = None
        return None

    def _write(self):
        """The file of this run, for its owner alone, whole or not at all; its lock is held from before it has its name."""
        temporary = self.path + ".new"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            secrets_store.held_alone(descriptor)
            with os.fdopen(os.dup(descriptor), "w", encoding="utf-8") as target:
                json.dump(self.content, target)
                target.flush()
                os.fsync(target.fileno())
            os.replace(temporary, self.path)
        except BaseException:
            os.close(descriptor)
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
        if self.descriptor is not None:
            os.close(self.descriptor)
        self.descriptor = descriptor

    def _left_behind(self):
        """(candidates of runs that are gone, [(path, descriptor)] of their files, held until they may go)."""
        found = {}
        taken = []
        for name in sorted(os.listdir(self.folder)):
            if not name.startswith(_PREFIX) or not name.endswith(_ENDING):
                continue
            path = os.path.join(self.folder, name)
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            except OSError:
                continue
            content = _read(descriptor) if secrets_store.held_alone(descriptor) else None
            if content is None:
                os.close(descriptor)
                continue
            taken.append((path, descriptor))
            for domain, kinds in content.items():
                found.setdefault(domain, {}).update(kinds)
        return found, taken


def _read(descriptor):
    """The content of a file of candidates, None for anything else."""
    try:
        with os.fdopen(os.dup(descriptor), encoding="utf-8") as source:
            content = json.load(source)
    except (OSError, ValueError):
        return None
    good = isinstance(content, dict) and all(
        isinstance(named, dict) and all(isinstance(values, dict) for values in named.values())
        for kinds in content.values()
        if isinstance(kinds, dict)
        for named in kinds.values()
    )
    return content if good and all(isinstance(kinds, dict) for kinds in content.values()) else None


def _missing(document):
    """(kind, name, entry, {field: how it is made}) of every entry that gives a password less than it could need."""
    for kind, (key, fields) in _MADE.items():
        for entry in document.get(kind) or []:
            absent = {field: make for field, make in fields.items() if not entry.get(field)}
            if absent and entry.get("state") != "absent":
                yield kind, entry[key], entry, absent
