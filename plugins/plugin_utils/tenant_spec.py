# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checking a tenant file against the roles' argument specifications: unknown keys, types, choices, what is required."""

from __future__ import annotations

import difflib
import os

import yaml
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.rules import is_whole

_ROLES = os.path.join(os.path.dirname(__file__), "..", "..", "roles")
_SOURCES = ("fusionpbx_tenant", "provider_trunk")
_ENTRY_POINT = "tenant_file"
_cache = {}


def specification():
    """The options of a tenant file: those of both roles' entry point tenant_file, read once."""
    if "options" not in _cache:
        options = {}
        for role in _SOURCES:
            path = os.path.join(_ROLES, role, "meta", "argument_specs.yml")
            with open(path, encoding="utf-8") as source:
                loaded = yaml.load(source, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
            options.update(loaded["argument_specs"][_ENTRY_POINT]["options"])
        _cache["options"] = options
    return _cache["options"]


def check(content):
    """(tenant, faults): the content with its values in the types of the specification, and all faults with their paths.

    Numbers count as text where text is wanted (number: 1001); a key without a value counts as left out.
    """
    faults = []
    tenant = _options(content, specification(), "", faults)
    return tenant, faults


def _options(given, options, path, faults):
    found = {}
    for key, value in given.items():
        if key not in options:
            near = difflib.get_close_matches(str(key), options, 1)
            hint = ", did you mean {0}?".format(near[0]) if near else " (known: {0})".format(", ".join(sorted(options)))
            faults.append((path + str(key), "unknown key" + hint))
        elif value is not None:
            found[key] = _value(value, options[key], path + key, faults)
    for key, option in options.items():
        if option.get("required") and found.get(key) in (None, ""):
            faults.append((path + key, "is required"))
    return found


def _value(value, option, path, faults):
    kind = option.get("type", "str")
    if kind == "list":
        if not isinstance(value, list):
            faults.append((path, "must be a list"))
            return []
        return [_element(one, option, "{0}[{1}]".format(path, place), faults) for place, one in enumerate(value)]
    return _single(value, kind, option, path, faults)


def _element(value, option, path, faults):
    return _single(value, option.get("elements", "str"), option, path, faults)


def _single(value, kind, option, path, faults):
    cause = None
    if kind == "dict":
        if not isinstance(value, dict):
            cause = "must be a mapping"
        elif option.get("options"):
            return _options(value, option["options"], path + ".", faults)
    elif kind == "bool":
        cause = None if isinstance(value, bool) else "must be true or false"
    elif kind == "int":
        if isinstance(value, str) and is_whole(value.strip()):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            cause = "must be a whole number"
    elif isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    elif not isinstance(value, str):
        cause = "must be text"
    if cause is None and option.get("choices") and value not in option["choices"]:
        cause = "must be one of {0}".format(", ".join(str(choice) for choice in option["choices"]))
    if cause:
        faults.append((path, cause))
    return value
