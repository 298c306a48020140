# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where generated passwords are kept on the control node: one file a tenant, for its owner alone."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import tempfile

import yaml
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.errors import BadInput

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):
    """Writes text that begins like a number in quotes: readers of another YAML would take 0891 for a number, 1e3 too."""


_LIKE_A_NUMBER = re.compile(r"^[-+.]?[0-9]")


def _text(dumper, value):
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="'" if _LIKE_A_NUMBER.match(value) else None)


_Dumper.add_representer(str, _text)


# A name that is a file's and no path: what FusionPBX calls a domain may be an address or stand in upper case.
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9.-]*\Z")
_LONGEST = 250
_CONTAINER_MARKS = ("/.dockerenv", "/run/.containerenv")


def file_of(folder, domain):
    """The path of a tenant's file in a folder. Raises BadInput for a domain whose name would lead elsewhere."""
    good = isinstance(domain, str) and len(domain) <= _LONGEST and ".." not in domain and _NAME.match(domain)
    path = os.path.join(os.path.abspath(folder), "{0}.yml".format(domain)) if good else ""
    if not good or os.path.dirname(os.path.normpath(path)) != os.path.abspath(folder):
        raise BadInput("domain", "its name cannot be that of a file", "Rename it in FusionPBX, then run again.")
    return path


def default_folder():
    """~/.local/state/voipbox/secrets, or below XDG_STATE_HOME."""
    state = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(state, "voipbox", "secrets")


def prove(folder, field):
    """Make the folder and write into it, before anything is generated. Raises BadInput with the field of the setting."""
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        descriptor, path = tempfile.mkstemp(dir=folder, prefix=".")
        os.close(descriptor)
        os.unlink(path)
    except OSError as error:
        raise not_kept(field, folder, error) from None


def not_kept(field, folder, error):
    """The BadInput for a folder that takes no files, with the field of the setting."""
    return BadInput(
        field,
        "passwords that are generated could not be kept in {0} ({1})".format(folder, error.strerror),
        "Name a folder that can be made and written, then run again.",
    )


def refuse_fleeting(folder, field):
    """Refuse the default folder where it is gone with the container that this runs in (an execution environment, a job's pod).

    A folder on a volume of its own outlives the container. Raises BadInput with the field of the setting.
    """
    inside = any(os.path.exists(mark) for mark in _CONTAINER_MARKS) or "KUBERNETES_SERVICE_HOST" in os.environ
    if not inside or os.environ.get("XDG_STATE_HOME"):
        return
    if _device(folder) == _device("/"):
        raise BadInput(
            field,
            "passwords would be generated and kept in {0}, which is gone when this container ends".format(folder),
            "Name a folder on a volume that stays (docs/how-to/containers.md), or give every password in the tenant file.",
        )


def _device(path):
    """The file system that a path lies or would lie on."""
    while not os.path.exists(path):
        path = os.path.dirname(path)
    return os.stat(path).st_dev


def prove_file(folder, domain):
    """Refuse a file of a tenant that its generated passwords could not be merged into. Raises BadInput, naming it."""
    path = file_of(folder, domain)
    try:
        with open(path, encoding="utf-8") as source:
            # Nodes tell enough, and are read much faster than values.
            node = yaml.compose(source, Loader=_Loader)
    except FileNotFoundError:
        return
    except OSError as error:
        cause = error.strerror
    except (yaml.YAMLError, UnicodeDecodeError):
        cause = "it is not valid YAML"
    else:
        if node is None or _is_nested(node, 2):
            return
        cause = "it holds something else than users and extensions with their passwords"
    raise BadInput(
        path,
        "passwords that are generated could not be kept in this file ({0})".format(cause),
        "Mend it or move it away, then run again.",
    )


def keep(folder, domain, generated):
    """Merge generated secrets into FOLDER/DOMAIN.yml (0600, folder 0700, replaced whole); returns its path.

    generated: {"users": {name: {"password": ...}}, "extensions": {number: {...}}}. Runs that end at once wait for each other.
    """
    os.makedirs(folder, mode=0o700, exist_ok=True)
    path = file_of(folder, domain)
    with _alone(folder):
        content = {}
        if os.path.exists(path):
            with open(path, encoding="utf-8") as source:
                content = yaml.safe_load(source) or {}
        for kind, entries in generated.items():
            for name, values in entries.items():
                content.setdefault(kind, {}).setdefault(name, {}).update(values)
        write(path, content)
    return path


@contextlib.contextmanager
def _alone(folder):
    """Hold the lock of the folder; where a file system knows none, go on without."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def held_alone(descriptor):
    """Take the lock of an open file; False when another process has it. A file system without locks holds nobody up."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EAGAIN, errno.EACCES)
    return True


def write(path, content):
    """Write YAML that only its owner may read, whole or not at all."""
    descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as target:
            yaml.dump(content, target, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _is_nested(node, depth):
    if not isinstance(node, yaml.MappingNode):
        return False
    return depth == 0 or all(_is_nested(value, depth - 1) for unused, value in node.value)


def holds(path, content):
    """True when the file is there and says the same."""
    if not os.path.exists(path):
        return False
    with open(path, encoding="utf-8") as source:
        try:
            return yaml.safe_load(source) == content
        except yaml.YAMLError:
            return False
