# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding and reading tenant files: as data, with the safe loader, never as templates."""

from __future__ import annotations

import os

import yaml
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.errors import BadInput

_ENDINGS = (".yml", ".yaml")
_LARGEST = 4 * 1024 * 1024
_Safe = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Safe):
    """The safe loader, which also refuses a key that stands twice (the later one would silently win)."""


def _mapping(loader, node, deep=False):
    seen = set()
    for key_node, unused in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise yaml.constructor.ConstructorError(None, None, "the key {0!r} stands twice".format(key), key_node.start_mark)
        seen.add(key)
    return dict(loader.construct_pairs(node, deep=True))


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def resolve(given, base):
    """The files that tenant_files means.

    Parameters: given, a path, a list of them, or text with commas between; a folder stands for its *.yml and *.yaml;
    base, the folder that relative paths start from. Raises BadInput for what does not exist or is empty.
    """
    names = given.split(",") if isinstance(given, str) else list(given or [])
    found = []
    for name in names:
        text = str(name).strip()
        if not text:
            continue
        path = os.path.normpath(os.path.join(base, os.path.expanduser(text)))
        if os.path.isdir(path):
            inside = sorted(entry for entry in os.listdir(path) if entry.endswith(_ENDINGS))
            if not inside:
                raise BadInput("tenant_files", "the folder {0} holds no tenant file".format(text))
            found.extend(os.path.join(path, entry) for entry in inside)
        elif os.path.isfile(path):
            found.append(path)
        else:
            raise BadInput("tenant_files", "{0} does not exist".format(text))
    if not found:
        raise BadInput("tenant_files", "no tenant file was named")
    return list(dict.fromkeys(found))


def read(path):
    """The content of one tenant file. Raises BadInput, naming the file, when it is no YAML mapping."""
    name = os.path.basename(path)
    try:
        if os.path.getsize(path) > _LARGEST:
            raise BadInput(name, "larger than {0} MiB".format(_LARGEST // 1024 // 1024))
        with open(path, encoding="utf-8") as source:
            content = yaml.load(source, Loader=_Loader)
    except OSError as error:
        raise BadInput(name, "cannot be read ({0})".format(error.strerror)) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadInput(name, "is not valid YAML: {0}".format(_place(error))) from None
    if not isinstance(content, dict):
        raise BadInput(name, "does not hold a mapping of keys")
    return content


def _place(error):
    """What is wrong and where, without the line itself: it may hold a secret."""
    problem = getattr(error, "problem", None) or type(error).__name__
    mark = getattr(error, "problem_mark", None)
    return "{0} (line {1}, column {2})".format(problem, mark.line + 1, mark.column + 1) if mark else problem
