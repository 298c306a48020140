# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding and reading tenant files: as data, with the safe loader, never as templates."""

from __future__ import annotations

import os
import re
from functools import lru_cache

import yaml
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.errors import BadInput

_ENDINGS = (".yml", ".yaml")
_LARGEST = 4 * 1024 * 1024
_Safe = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN = re.compile(r"(0|-?[1-9][0-9]{0,99})\Z")

_TEXT = "tag:yaml.org,2002:str"
_resolver = yaml.resolver.Resolver()


class _Loader(_Safe):
    """The safe loader, which also refuses a key that stands twice (the later one would silently win).

    Runs over hundreds of files spend much of their time here, so what a scalar is, is told once for all like it, and text
    takes the short way.
    """

    def resolve(self, kind, value, implicit):
        """The tag of a node, see yaml.resolver.Resolver."""
        return _tag(kind, value, implicit)


@lru_cache(maxsize=4096)
def _tag(kind, value, implicit):
    return _resolver.resolve(kind, value, implicit)


def _mapping(loader, node, deep=False):
    found = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(None, None, "a key must be plain text", key_node.start_mark)
        key = _value(loader, key_node)
        if key in found:
            raise yaml.constructor.ConstructorError(None, None, "the key {0!r} stands twice".format(key), key_node.start_mark)
        found[key] = _value(loader, value_node)
    return found


def _value(loader, node):
    is_text = node.tag == _TEXT and isinstance(node, yaml.ScalarNode)
    return node.value if is_text else loader.construct_object(node, deep=True)


def _number(loader, node):
    """A whole number; one that YAML would read as another (0100 is 64, 12:30 is 750, +1 loses its sign) is refused."""
    if not isinstance(node, yaml.ScalarNode) or not _PLAIN.match(node.value):
        cause = "YAML reads this value as another number, write it in quotes"
        raise yaml.constructor.ConstructorError(None, None, cause, node.start_mark)
    return int(node.value)


def _date(loader, node):
    """A date; no key takes one, but values for templates of a site may hold it."""
    try:
        return loader.construct_yaml_timestamp(node)
    except (ValueError, AttributeError, OverflowError):
        cause = "YAML reads this value as a date that does not exist, write it in quotes"
        raise yaml.constructor.ConstructorError(None, None, cause, node.start_mark) from None


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
_Loader.add_constructor("tag:yaml.org,2002:int", _number)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _date)


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
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        # PyYAML's own constructors raise these for odd values; the texts of such errors hold the value.
        raise BadInput(name, "is not valid YAML: a value cannot be read ({0})".format(type(error).__name__)) from None
    if not isinstance(content, dict):
        raise BadInput(name, "does not hold a mapping of keys")
    return content


def _place(error):
    """What is wrong and where, without the line itself: it may hold a secret."""
    problem = getattr(error, "problem", None) or type(error).__name__
    mark = getattr(error, "problem_mark", None)
    return "{0} (line {1}, column {2})".format(problem, mark.line + 1, mark.column + 1) if mark else problem
