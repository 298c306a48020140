# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run against one server: switch, database, schema, outbox and cache, opened in the order that keeps a refusal free."""

from __future__ import annotations

import os

from .cache import Cache
from .database import Database
from .effects import carry_out_all
from .outbox import Outbox
from .schema import Schema
from .switch import Switch


class Session:
    """Everything a run needs of one PBX server.

    Parameters: settings (configuration.Settings), check_mode; looks, for a run that only tells what is there. Both have a
    read-only connection to the database; check mode predicts besides what a real run would do. The event socket is reached
    first: without a switch nothing is written. Raises SwitchError, DatabaseError or SchemaError, each before any write.
    """

    def __init__(self, settings, check_mode=False, looks=False):
        self.settings = settings
        self.check_mode = check_mode
        self.looks = looks
        self.switch = Switch(settings)
        self.host = self.switch.hostname()
        self.database = Database(settings, check_mode or looks)
        self.schema = Schema(self.database)
        self.outbox = Outbox(self.database)
        self.cache = Cache(settings, self.switch)
        self.repaired = False
        self.waiting = 0
        self.owed = {}
        self.shared_dialplans = None
        self.public_dialplans = None
        self._defaults = None
        self._names = None
        self._folders = {}

    def start(self):
        """Carry out what a run that was killed left behind; a run that looks or checks only counts it, in waiting.

        waiting is None where a run that looks may not read the outbox. What cannot be carried out stays in the outbox and
        in owed ({domain: error}): it concerns its own tenant and does not keep others from being served.
        """
        if self.looks:
            self.waiting = self.outbox.waiting()
            self.database.rollback()
            return
        left = self.outbox.left_behind()
        self.repaired = bool(left)
        self.database.rollback()
        if self.check_mode:
            self.outbox.require()
            self.waiting = len(left)
            self.database.rollback()
            return
        self.outbox.prepare()
        if left:
            done, self.owed = carry_out_all(left, self.switch, self.cache, self.settings, late=True)
            self.repaired = bool(done)
            self.outbox.done(done)

    def default_setting(self, category, subcategory, otherwise=None):
        """The value of an enabled row of v_default_settings, or otherwise."""
        if self._defaults is None:
            self._defaults = {
                (row["default_setting_category"], row["default_setting_subcategory"]): row["default_setting_value"]
                for row in self.schema.select(self.database, "v_default_settings", "default_setting_enabled::text = 'true'")
            }
        value = self._defaults.get((category, subcategory))
        return otherwise if value is None else value

    def setting_name(self, category, subcategory, otherwise):
        """The type name (text, numeric, code) of a setting of the category domain or limit on this server.

        It is that of the default setting, disabled ones too: versions differ (domain/time_zone is a name up to 5.5, then a text).
        """
        if self._names is None:
            self._names = {
                (row["default_setting_category"], row["default_setting_subcategory"]): row["default_setting_name"]
                for row in self.schema.select(
                    self.database,
                    "v_default_settings",
                    "default_setting_category IN ('domain', 'limit') AND default_setting_name IS NOT NULL",
                )
            }
        return self._names.get((category, subcategory), otherwise)

    def recordings_dir(self):
        """Folder of the recordings: option, default setting switch/recordings (which the pages use), config.conf."""
        return self.settings.recordings_dir or self._switch_dir("recordings")

    def voicemail_dir(self):
        """Folder of the mailboxes, in which FusionPBX keeps default/DOMAIN."""
        return self.settings.voicemail_dir or self._switch_dir("voicemail")

    def _switch_dir(self, name):
        """The first one that exists: FusionPBX fills its setting by guess when the switch was down at its installation."""
        if name not in self._folders:
            places = [place for place in (self.default_setting("switch", name), self.settings.configured_dirs[name]) if place]
            self._folders[name] = next((place for place in places if os.path.isdir(place)), places[0] if places else None)
        return self._folders[name]

    def close(self):
        """Close both connections."""
        self.database.close()
        self.switch.close()
