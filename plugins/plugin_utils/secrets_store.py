# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where generated passwords are kept on the control node: one file a tenant, for its owner alone."""

from __future__ import annotations

import os
import tempfile

import yaml

_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def default_folder():
    """~/.local/state/voipbox/secrets, or below XDG_STATE_HOME."""
    state = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(state, "voipbox", "secrets")


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


def holds(path, content):
    """True when the file is there and says the same."""
    if not os.path.exists(path):
        return False
    with open(path, encoding="utf-8") as source:
        try:
            return yaml.safe_load(source) == content
        except yaml.YAMLError:
            return False
