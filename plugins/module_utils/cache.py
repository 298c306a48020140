# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""FusionPBX's cache: which keys a change makes stale, and how they are dropped (file or the switch's own Lua module)."""

from __future__ import annotations

import errno
import os
import re

from .errors import EngineError, SwitchError

# What may stand in a command: the switch runs it as code.
_SENDABLE = re.compile(r"[A-Za-z0-9:.@+_-]+")
_FILES_CAN = os.W_OK | os.X_OK
_DROP = "lua ~local c = require 'resources.functions.cache'; stream:write(tostring(c.del('{0}')))"


def dialplan(domain):
    """Key of a tenant's dialplan."""
    return ["dialplan:" + domain]


def inbound(forms):
    """Keys of an inbound route in both dialplan modes; forms are the ways a number may be dialled (see numbers)."""
    return ["dialplan:public"] + ["dialplan:public:" + form for form in forms]


def directory(host, extension, domain):
    """Keys of an extension, with the host in front (5.5) and without (other versions)."""
    key = "directory:{0}@{1}".format(extension, domain)
    return [key, host + ":" + key]


def sofia(host):
    """Keys of the SIP profiles and gateways: host first in 5.5, last in other versions."""
    return [host + ":configuration:sofia.conf", "configuration:sofia.conf:" + host, "configuration:sofia.conf"]


def setting(domain, category, subcategory, name):
    """Key of a domain's setting as the switch's scripts have read it."""
    return ["setting:{0}:{1}:{2}:{3}".format(domain, category, subcategory, name)]


def of_a_domain(domain):
    """Keys of a domain that do not follow from any of its rows."""
    return [*dialplan(domain), "directory:groups:" + domain, *setting(domain, "domain", "dial_string", "text")]


def access_lists(host):
    """Keys of the access lists."""
    return ["configuration:acl.conf", host + ":configuration:acl.conf"]


class Cache:
    """Drops keys. Parameters: settings (cache_dir, cache_method) and switch, which drops them where files cannot be."""

    def __init__(self, settings, switch):
        self.folder = settings.cache_dir
        self.switch = switch
        method = settings.cache_method
        if method == "auto":
            method = "files" if os.path.isdir(self.folder) and os.access(self.folder, _FILES_CAN) else "lua"
        self.method = method

    def drop(self, keys):
        """Remove the keys; one that is not there is no error.

        Rows made by hand give keys with any character. One that can be no file name, or that cannot stand in a command, is
        left out. Every other key is tried; the first EngineError or SwitchError is raised at the end.
        """
        one = self._unlink if self.method == "files" else self._delete
        first = None
        for key in sorted(set(keys)):
            try:
                one(key)
            except EngineError as error:
                first = first or error
        if first:
            raise first

    def keys_of_domain(self, domain):
        """Keys found as files that belong to a domain; none where the cache is not in files that can be listed.

        A domain may be the beginning or the end of another one, so what follows its name must have the right form.
        """
        if self.method != "files":
            return []
        name = re.escape(domain)
        patterns = (
            ".*@" + name,
            r"setting\." + name + r"(\.[^.]+){3}",
            r"app\.caller_id\.lookup\.domain_name\." + name + r"\.[^.]+",
        )
        mine = re.compile("|".join(patterns))
        try:
            return [file for file in os.listdir(self.folder) if mine.fullmatch(file)]
        except OSError:
            return []

    def _unlink(self, key):
        name = key.replace(":", ".")
        if name in ("", ".", "..") or "/" in name or "\0" in name:
            return
        path = os.path.join(self.folder, name)
        try:
            # The switch writes the database's bytes, whatever the locale of this process.
            os.unlink(os.path.join(os.fsencode(self.folder), name.encode("utf-8", "surrogateescape")))
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENAMETOOLONG):
                raise EngineError(
                    "The cache file {0} could not be removed ({1}).".format(path, error.strerror),
                    not_done="The switch may still serve the old settings.",
                    next_step="Give this user the right to write in {0}, then run again.".format(self.folder),
                ) from None

    def _delete(self, key):
        if not _SENDABLE.fullmatch(key) or ".." in key:
            return
        answer = self.switch.tell(_DROP.format(key))
        if answer.startswith("-ERR"):
            raise SwitchError(
                "The switch could not drop the cache key {0}: {1}.".format(key, answer.strip()),
                not_done="The switch may still serve the old settings.",
                next_step="Run again: the commands are kept and sent first.",
            )
