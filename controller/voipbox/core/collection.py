# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the collection is, whose playbooks the controller runs, and whose rules it asks."""

from __future__ import annotations

import functools
import importlib
import sys
import types
from pathlib import Path
from typing import Any

from .config import config
from .errors import SetUpError

_ABOVE = ("ansible_collections", "ansible_collections.voipbox")
_NAME = "ansible_collections.voipbox.fusionpbx"


def root() -> Path:
    """The root of the collection voipbox.fusionpbx. Raises SetUpError when it is not there."""
    folder = config().collection_dir.resolve()
    if not (folder / "playbooks" / "provision.yml").is_file():
        raise SetUpError(f"There are no playbooks in {folder}. Name the root of the collection in VOIPBOX_COLLECTION_DIR.")
    return folder


def load(name: str) -> Any:
    """A module of the collection that needs no Ansible, by its name under plugins, such as module_utils.dialled_numbers.

    What the collection knows has no copy here. Raises SetUpError when the collection, or the module, is not there.
    """
    _make_importable()
    try:
        return importlib.import_module(f"{_NAME}.plugins.{name}")
    except ImportError as error:
        raise SetUpError(f"The collection in {root()} does not fit this version of voipbox ({error}).") from None


@functools.cache
def _make_importable() -> None:
    """Let Python find the collection under its name, wherever it lies: Ansible's own finder is not here."""
    try:
        importlib.import_module(_NAME)
        return
    except ImportError:
        pass
    place: list[str] = []
    for name in (*_ABOVE, _NAME):
        try:
            importlib.import_module(name)
        except ImportError:
            package = types.ModuleType(name)
            package.__path__ = place if name != _NAME else [str(root())]
            sys.modules[name] = package
