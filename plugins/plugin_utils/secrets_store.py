# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where generated passwords are kept on the control node: one file a tenant, for its owner alone."""

from __future__ import annotations

import os
import tempfile

import yaml
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.errors import BadInput

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


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
        raise BadInput(
            field,
            "passwords that are generated could not be kept in {0} ({1})".format(folder, error.strerror),
            "Name a folder that can be made and written, then run again.",
        ) from None


def prove_file(folder, domain):
    """Refuse a file of a tenant that its generated passwords could not be merged into. Raises BadInput, naming it."""
    path = os.path.join(folder, domain + ".yml")
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


def may_generate(document):
    """True for a tenant's document with a user or an extension that would get a generated password when it is made."""
    users = [one for one in document.get("users") or [] if not one.get("password")]
    extensions = [one for one in document.get("extensions") or [] if not one.get("password") or not one.get("voicemail_password")]
    return any(one.get("state") != "absent" for one in users + extensions)


def keep_elsewhere(domain, generated):
    """Keep secrets in a new folder, for their own one fails: below the home, else where temporary files go.

    Returns the path. Raises OSError when no place works.
    """
    failure = None
    for place in (os.path.expanduser("~"), tempfile.gettempdir(), os.getcwd()):
        try:
            return keep(tempfile.mkdtemp(prefix="voipbox-secrets-", dir=place), domain, generated)
        except OSError as error:
            failure = error
    raise failure


def keep(folder, domain, generated):
    """Merge generated secrets into FOLDER/DOMAIN.yml (0600, folder 0700, replaced whole); returns its path.

    generated: {"users": {name: {"password": ...}}, "extensions": {number: {...}}} as the tenant module gives it.
    """
    os.makedirs(folder, mode=0o700, exist_ok=True)
    path = os.path.join(folder, domain + ".yml")
    content = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as source:
            content = yaml.safe_load(source) or {}
    for kind, entries in generated.items():
        for name, values in entries.items():
            content.setdefault(kind, {}).setdefault(name, {}).update(values)
    write(path, content)
    return path


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
