# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Numbers over all tenant files of a run: of two that the switch could not tell apart, the later one is refused."""

from __future__ import annotations

from ansible_collections.voipbox.fusionpbx.plugins.module_utils.errors import BadInput
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.numbers import forms, resolved


class SharedNumbers:
    """The forms that the files read so far take, each with the file and number that has it."""

    def __init__(self):
        self.taken = {}

    def claim(self, tenant, source):
        """Note the forms of a tenant's numbers. Raises BadInput, and notes nothing, when another file has one of them."""
        trunk = tenant.get("trunk") or {}
        mine = {}
        for position, entry in enumerate(trunk.get("inbound") or []):
            if entry.get("state") == "absent":
                continue
            number = entry["number"]
            for form in forms(number, resolved(number, entry.get("match"), trunk.get("national_codes"))):
                mine[form] = (source, number)
                other = self.taken.get(form)
                if other:
                    cause = "{0} dialled as {1} is {2} of {3} too".format(number, form, other[1], other[0])
                    raise BadInput("trunk.inbound[{0}].number".format(position), cause)
        self.taken.update(mine)
