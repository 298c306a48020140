# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to happen outside the database after a commit: one value that is stored in the outbox, merged and carried out."""

from __future__ import annotations

import json

from . import cache as keys
from .errors import EngineError
from .folders import make_folder, remove_tree


class Effects:
    """Cache keys to drop, gateways to kill, profiles to rescan, access list addresses to check, folders to make or remove.

    Everything in it may be carried out more than once. Folders are lists of (root, relative path).
    """

    def __init__(self, data=None):
        data = data or {}
        self.keys = set(data.get("keys", ()))
        self.kill = dict(data.get("kill", {}))
        self.rescan = set(data.get("rescan", ()))
        self.acl = set(data.get("acl", ()))
        self.acl_gone = set(data.get("acl_gone", ()))
        self.make = [tuple(item) for item in data.get("make", ())]
        self.remove = [tuple(item) for item in data.get("remove", ())]

    def __bool__(self):
        return any((self.keys, self.kill, self.rescan, self.acl, self.acl_gone, self.make, self.remove))

    def merge(self, other):
        """Add everything of another Effects."""
        self.keys |= other.keys
        self.kill.update(other.kill)
        self.rescan |= other.rescan
        self.acl |= other.acl
        self.acl_gone |= other.acl_gone
        self.make.extend(item for item in other.make if item not in self.make)
        self.remove.extend(item for item in other.remove if item not in self.remove)

    def to_json(self):
        """The text kept in the outbox; it holds no secret."""
        return json.dumps(
            {
                "keys": sorted(self.keys),
                "kill": self.kill,
                "rescan": sorted(self.rescan),
                "acl": sorted(self.acl),
                "acl_gone": sorted(self.acl_gone),
                "make": self.make,
                "remove": self.remove,
            },
            sort_keys=True,
        )

    def carry_out(self, switch, cache, settings):
        """Folders, then cache keys, then the switch: kill and wait, one rescan a profile, access lists."""
        for root, path in self.make:
            make_folder(root, path, settings)
        for root, path in self.remove:
            remove_tree(root, path)
        cache.drop(self.keys)
        if self.kill:
            switch.kill_gateways(self.kill)
        for profile in sorted(self.rescan):
            switch.rescan(profile)
        if self.acl or self.acl_gone:
            switch.reload_acl(sorted(self.acl), lambda: cache.drop(keys.access_lists(switch.hostname())))


def carry_out_all(owing, switch, cache, settings):
    """Carry out the effects of several tenants as one; when that fails, each alone, so that a fault stays where it belongs.

    Parameters: owing, [(identity, domain name, Effects)]. Returns ([identities that are done], {domain name: error}).
    """
    total = Effects()
    for unused, unused_too, effects in owing:
        total.merge(effects)
    try:
        total.carry_out(switch, cache, settings)
    except EngineError as error:
        if len(owing) == 1:
            return [], {owing[0][1]: error}
        return _one_by_one(owing, switch, cache, settings)
    return [identity for identity, unused, unused_too in owing], {}


def _one_by_one(owing, switch, cache, settings):
    done = []
    failed = {}
    for identity, domain, effects in owing:
        try:
            effects.carry_out(switch, cache, settings)
            done.append(identity)
        except EngineError as error:
            failed.setdefault(domain, error)
    return done, failed


def from_json(text):
    """The Effects of an outbox row."""
    return Effects(json.loads(text))
