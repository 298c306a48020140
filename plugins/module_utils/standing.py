# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values that stand in FusionPBX already are taken back, whatever the field rules say of new ones.

FusionPBX's own pages take more than the rules do. A tenant file that repeats what stands changes nothing, so it is no
reason to refuse the tenant. Names by which things are found again (extension number, user name, gateway) keep their rules:
they stand in commands to the switch.
"""

from __future__ import annotations

import re

from . import rules
from .gather import standing_values

_FIELDS = {
    "users": frozenset(("email", "first_name", "last_name", "organization", "language", "time_zone")),
    "extensions": frozenset(
        (
            "name", "email", "description", "password", "voicemail_password", "call_timeout", "caller_id_name",
            "caller_id_number", "emergency_caller_id_name", "emergency_caller_id_number", "toll_allow", "record",
        )
    ),
    "gateways": frozenset(
        (
            "username", "password", "auth_username", "realm", "from_user", "from_domain", "extension", "outbound_proxy",
            "register_proxy", "codec_prefs", "description",
        )
    ),
}  # fmt: skip
_KEYS = {"users": "username", "extensions": "number", "gateways": "name"}
_PLACE = re.compile(r"^(?:trunk\.)?(users|extensions|gateways?)(?:\[([0-9]+)\])?\.([a-z_]+)(?:\[[0-9]+\])?\Z")


def may_stand(tenant, path):
    """True for the path of a value that only the server can judge, since it may stand there already.

    A text that the switch would expand or read otherwise is never among them, wherever it stands.
    """
    kind, field = _place(path)[::2]
    if field not in _FIELDS.get(kind, ()):
        return False
    value = _entry(tenant, path).get(field)
    return all(rules.dialplan_text(str(one)) is None for one in (value if isinstance(value, list) else [value]))


def left(work, tenant, faults):
    """The faults without those of values that stand on the server.

    Parameters: work, loaded; tenant, the document that was checked; faults, (path, cause) pairs of its check.
    """
    doubtful = [fault for fault in faults if may_stand(tenant, fault[0])]
    if not doubtful or work.is_new:
        return faults
    stands = standing_values(work)
    return [fault for fault in faults if fault not in doubtful or not _stands(tenant, fault[0], stands)]


def _stands(tenant, path, stands):
    kind, field = _place(path)[::2]
    entry = _entry(tenant, path)
    there = stands[kind].get(str(entry.get(_KEYS[kind])), {})
    return field in there and there[field] == entry.get(field)


def _entry(tenant, path):
    """The entry of the document that a path goes through."""
    kind, position = _place(path)[:2]
    holder = (tenant.get("trunk") or {}) if kind == "gateways" else tenant
    return (holder.get(kind) or [holder.get("gateway") or {}])[position]


def _place(path):
    """(kind, position, field) of a path in a tenant file; the kind is None for a path of another form."""
    found = _PLACE.match(path)
    if not found:
        return None, 0, None
    kind = "gateways" if found.group(1) == "gateway" else found.group(1)
    return kind, int(found.group(2) or 0), found.group(3)
