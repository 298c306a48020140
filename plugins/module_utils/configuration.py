# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a PBX server's database, event socket, folders and cache are: config.conf, overridden by given options."""

from __future__ import annotations

import os

from .errors import EngineError

DEFAULT_PATH = "/etc/fusionpbx/config.conf"
_SOCKET_DEFAULTS = {"host": "127.0.0.1", "port": "8021", "password": "ClueCon"}
_DATABASE_KEYS = ("host", "port", "name", "username", "password", "sslmode")
_MODES = ("auto", "files", "lua")


def read_config(path):
    """FusionPBX's config.conf (5.1 and later) as a flat dictionary; an EngineError names what could not be read."""
    values = {}
    try:
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                text = line.strip()
                if text and not text.startswith(("#", ";")) and "=" in text:
                    key, value = text.split("=", 1)
                    values[key.strip()] = value.strip().strip("'\"")
    except (OSError, UnicodeDecodeError) as error:
        raise EngineError(
            "The FusionPBX configuration {0} could not be read ({1}).".format(path, type(error).__name__),
            next_step="Name the file with fusionpbx_config, or give the database options.",
        ) from None
    return values


class Settings:
    """Everything the engine needs to know about one PBX server.

    Parameters: options, a dictionary with any of config_path, database (dict: host, port, name, username, password,
    sslmode), event_socket (dict: host, port, password), web_root, recordings_dir, voicemail_dir, cache_dir,
    cache_method (auto, files, lua), file_owner, file_group, allow_superadmin. What is missing comes from config.conf
    (FusionPBX's own keys); the installer leaves the socket keys out, so 127.0.0.1:8021 and ClueCon apply.
    """

    def __init__(self, options):
        given = {key: value for key, value in options.items() if value is not None}
        database = _given(given.get("database"))
        values = _values(given.get("config_path") or DEFAULT_PATH, {"name", "username"} <= set(database))
        self.database = {key: database.get(key, values.get("database.0." + key)) for key in _DATABASE_KEYS}
        socket = _given(given.get("event_socket"))
        self.event_socket = {
            key: str(socket.get(key, values.get("switch.event_socket." + key) or default))
            for key, default in _SOCKET_DEFAULTS.items()
        }
        self.web_root = given.get("web_root") or values.get("document.root") or "/var/www/fusionpbx"
        self.recordings_dir = given.get("recordings_dir")
        self.voicemail_dir = given.get("voicemail_dir")
        self.configured_dirs = {
            "recordings": values.get("switch.recordings.dir"),
            "voicemail": values.get("switch.voicemail.dir"),
        }
        self.cache_dir = given.get("cache_dir") or values.get("cache.location") or "/var/cache/fusionpbx"
        self.cache_method = given.get("cache_method") or "auto"
        if self.cache_method not in _MODES:
            raise EngineError("cache_method: must be one of {0}.".format(", ".join(_MODES)))
        if self.cache_method == "auto" and values.get("cache.method") not in (None, "", "file"):
            # The switch keeps nothing in files then, so only its own module can drop a key.
            self.cache_method = "lua"
        self.file_owner = given.get("file_owner")
        self.file_group = given.get("file_group")
        self.allow_superadmin = bool(given.get("allow_superadmin"))
        if not self.database["name"]:
            raise EngineError("No database is named in config.conf (database.0.name) nor in the options.")

    def secrets(self):
        """The connection secrets, for a caller that must hide them."""
        return [value for value in (self.database.get("password"), self.event_socket.get("password")) if value]


def _values(path, optional):
    """config.conf; a missing file is no fault when the database is given in full and no other file was named."""
    if optional and path == DEFAULT_PATH and not os.path.exists(path):
        return {}
    return read_config(path)


def _given(options):
    return {key: value for key, value in (options or {}).items() if value not in (None, "")}
