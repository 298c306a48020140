# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding and reading tenant files: as data, with the safe loader, never as templates; decrypted with Ansible's vault."""

from __future__ import annotations

import os
import re
import stat
from functools import lru_cache

import yaml
from ansible.errors import AnsibleError
from ansible.parsing.vault import is_encrypted
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.errors import BadInput

_ENDINGS = (".yml", ".yaml")
_LARGEST = 4 * 1024 * 1024
_MOST_VALUES = 200000
_Safe = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN = re.compile(r"(0|-?[1-9][0-9]{0,99})\Z")

_TEXT = "tag:yaml.org,2002:str"
_resolver = yaml.resolver.Resolver()


class _Loader(_Safe):
    """The safe loader, which also refuses a key that stands twice (the later one would silently win).

    Runs over hundreds of files spend much of their time here, so what a scalar is, is told once for all like it, and text
    takes the short way. vault: what decrypts single values marked !vault, a VaultLib.
    """

    vault = None

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


def _vaulted(loader, node):
    """A single value that ansible-vault encrypted (encrypt_string)."""
    if not isinstance(node, yaml.ScalarNode):
        raise yaml.constructor.ConstructorError(None, None, "!vault stands before something else than text", node.start_mark)
    try:
        return _decrypted(loader.vault, node.value.encode("utf-8")).decode("utf-8")
    except (_Locked, UnicodeDecodeError) as error:
        cause = "the value cannot be decrypted ({0})".format(error if isinstance(error, _Locked) else "it is no text")
        raise yaml.constructor.ConstructorError(None, None, cause, node.start_mark) from None


def _unsafe(loader, node):
    """A value marked !unsafe: here every text is data already."""
    return node.value if isinstance(node, yaml.ScalarNode) else loader.construct_yaml_str(node)


_Loader.add_constructor("!vault", _vaulted)
_Loader.add_constructor("!vault-encrypted", _vaulted)
_Loader.add_constructor("!unsafe", _unsafe)
_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
_Loader.add_constructor("tag:yaml.org,2002:int", _number)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _date)


def places(action):
    """The folders in which a relative name is looked for: the current one, then where Ansible looks for files of the task.

    Parameters: action, the running ActionBase. Ansible's are those of the role, of the playbook and of the project.
    """
    found = [os.getcwd()]
    for folder in [*action._task.get_search_path(), action._loader.get_basedir()]:
        found.extend((folder, os.path.join(folder, "files")))
    return list(dict.fromkeys(os.path.abspath(folder) for folder in found))


def resolve(given, folders):
    """The files that tenant_files means.

    Parameters: given, a path, a list of them, or text with commas between; a folder stands for its *.yml and *.yaml;
    folders, those that a relative path is looked for in, the first that has it wins. Raises BadInput for what does not exist,
    is no file, or is an empty folder.
    """
    names = given.split(",") if isinstance(given, str) else list(given or [])
    found = []
    for name in names:
        text = str(name).strip()
        if not text:
            continue
        path = _first(os.path.expanduser(text), folders)
        if path is None:
            looked = "" if os.path.isabs(os.path.expanduser(text)) else " (looked for in {0})".format(", ".join(folders))
            raise BadInput("tenant_files", "{0} does not exist{1}".format(text, looked))
        if os.path.isdir(path):
            inside = sorted(entry for entry in os.listdir(path) if entry.endswith(_ENDINGS))
            if not inside:
                raise BadInput("tenant_files", "the folder {0} holds no tenant file".format(text))
            found.extend(os.path.join(path, entry) for entry in inside)
        elif os.path.isfile(path):
            found.append(path)
        else:
            raise BadInput("tenant_files", "{0} is no ordinary file".format(text))
    if not found:
        raise BadInput("tenant_files", "no tenant file was named")
    return list(dict.fromkeys(found))


def _first(text, folders):
    for folder in folders:
        path = os.path.normpath(os.path.join(folder, text))
        if os.path.exists(path):
            return path
    return None


def read(path, vault=None):
    """The content of one tenant file. Raises BadInput, naming the file, when it is no YAML mapping.

    vault: an ansible.parsing.vault.VaultLib with the run's vault passwords, for files and single values that are encrypted.
    """
    name = os.path.basename(path)
    data = _bytes(path, name)
    try:
        if is_encrypted(data):
            data = _decrypted(vault, data)
        loader = _Loader(data.decode("utf-8"))
        loader.vault = vault
        try:
            content = loader.get_single_data()
        finally:
            loader.dispose()
    except _Locked as error:
        raise BadInput(name, "is encrypted and cannot be read: {0}".format(error)) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadInput(name, "is not valid YAML: {0}".format(_place(error))) from None
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        # PyYAML's own constructors raise these for odd values; the texts of such errors hold the value.
        raise BadInput(name, "is not valid YAML: a value cannot be read ({0})".format(type(error).__name__)) from None
    if not isinstance(content, dict):
        raise BadInput(name, "does not hold a mapping of keys")
    if b"*" in data and not _is_bounded(content):
        raise BadInput(name, "its aliases (*name) stand for more than {0} values".format(_MOST_VALUES))
    return content


def _bytes(path, name):
    """What an ordinary file holds. Raises BadInput for a pipe, a device, a folder, and for one that is too large.

    It is opened without waiting: a pipe in the folder would hold the run up for ever.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as source:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise BadInput(name, "is no ordinary file")
            data = source.read(_LARGEST + 1)
    except IsADirectoryError:
        raise BadInput(name, "is no ordinary file") from None
    except OSError as error:
        raise BadInput(name, "cannot be read ({0})".format(error.strerror)) from None
    if len(data) > _LARGEST:
        raise BadInput(name, "larger than {0} MiB".format(_LARGEST // 1024 // 1024))
    return data


def is_vaulted(path):
    """True for an ordinary file that is encrypted, or holds single values that are."""
    try:
        return b"$ANSIBLE_VAULT;" in _bytes(path, path)
    except BadInput:
        return False


class _Locked(Exception):
    """Why something encrypted stays so."""


def _decrypted(vault, data):
    """What ansible-vault encrypted. Raises _Locked with a cause that holds nothing of it."""
    if vault is None or not vault.secrets:
        raise _Locked("no vault password was given (--ask-vault-pass, --vault-password-file, --vault-id)")
    try:
        return vault.decrypt(data)
    except (AnsibleError, ValueError):
        raise _Locked("none of the vault passwords that were given fits, or it was damaged") from None


def _is_bounded(content):
    """True when the content, its aliases written out, is of a size that can be worked with."""
    left = [content]
    for unused in range(_MOST_VALUES):
        if not left:
            return True
        one = left.pop()
        if isinstance(one, dict):
            left.extend(one.values())
        elif isinstance(one, list):
            left.extend(one)
        if len(left) > _MOST_VALUES:
            return False
    return False


def _place(error):
    """What is wrong and where, without the line itself: it may hold a secret."""
    problem = getattr(error, "problem", None) or type(error).__name__
    mark = getattr(error, "problem_mark", None)
    return "{0} (line {1}, column {2})".format(problem, mark.line + 1, mark.column + 1) if mark else problem
