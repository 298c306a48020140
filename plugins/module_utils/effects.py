# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to happen outside the database after a commit: one value that is stored in the outbox, merged and carried out."""

from __future__ import annotations

import json

from . import cache as keys
from .errors import EngineError, place_of
from .folders import make_folder, remove_tree

# The parts of what is carried out, in their order.
PARTS = ("folders", "keys", "gateways", "lists")


class Effects:
    """Cache keys to drop, gateways to kill, profiles to rescan, access list addresses to check, folders to make or remove.

    Everything in it may be carried out more than once. Folders are lists of (root, relative path).
    """

    def __init__(self, data=None):
        data = data or {}
        self.keys = set(data.get("keys", ()))
        self.kill = dict(data.get("kill", {}))
        self.rescan = {profile or "external" for profile in data.get("rescan", ())}
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

    def carry_out(self, switch, cache, settings, parts=PARTS, late=False):
        """Folders, then cache keys, then the switch: kill and wait, one rescan a profile, access lists.

        A part that fails does not keep the next from being done; the first EngineError is raised at the end. Parameters:
        parts, those of PARTS that are wanted; late, these effects are those of an earlier run, so that a profile which the
        switch does not have (any more) has nothing to load.
        """
        first = None
        for part in parts:
            try:
                getattr(self, "_" + part)(switch, cache, settings, late)
            except EngineError as error:
                first = first or error
        if first:
            raise first

    def _folders(self, switch, cache, settings, late):
        for root, path in self.make:
            make_folder(root, path, settings)
        for root, path in self.remove:
            remove_tree(root, path)

    def _keys(self, switch, cache, settings, late):
        cache.drop(self.keys)

    def _gateways(self, switch, cache, settings, late):
        if self.kill:
            switch.kill_gateways(self.kill)
        for profile in sorted(self.rescan):
            if not late or switch.has_profile(profile):
                switch.rescan(profile)

    def _lists(self, switch, cache, settings, late):
        if self.acl or self.acl_gone:
            switch.reload_acl(sorted(self.acl), lambda: cache.drop(keys.access_lists(switch.hostname())))


def carry_out_all(owing, switch, cache, settings, late=False):
    """Carry out the effects of several tenants as one; a part that fails is done for each alone, so that a fault stays
    where it belongs.

    Parameters: owing, [(identity, domain name, Effects)]; late as in Effects.carry_out. Returns ([identities that are
    done], {domain name: error}); raises nothing, also for what nobody has foreseen.
    """
    total = Effects()
    for unused, unused_too, effects in owing:
        total.merge(effects)
    failed = {}
    for part in PARTS:
        error = _fault(total, part, switch, cache, settings, late)
        if error is None:
            continue
        for identity, unused, effects in owing:
            own = error if len(owing) == 1 else _fault(effects, part, switch, cache, settings, late)
            if own is not None:
                failed.setdefault(identity, own)
    errors = {}
    for identity, domain, unused in owing:
        if identity in failed:
            errors.setdefault(domain, failed[identity])
    return [identity for identity, unused, unused_too in owing if identity not in failed], errors


def _fault(effects, part, switch, cache, settings, late):
    """The EngineError with which one part fails, or None; of an unforeseen one its kind and place."""
    try:
        effects.carry_out(switch, cache, settings, (part,), late)
    except EngineError as error:
        return error
    except Exception as error:  # pylint: disable=broad-except
        return EngineError(
            "An unforeseen {0} at {1} stopped what had to be done outside the database.".format(*place_of(error)),
            not_done="The rows are written; the switch may still serve the old settings.",
            next_step="It is safe to run again: what is left is kept and tried first; please report it with these words.",
        )
    return None


def from_json(text):
    """The Effects of an outbox row."""
    return Effects(json.loads(text))
