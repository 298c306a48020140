# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the collection is, whose playbooks the controller runs."""

from __future__ import annotations

from pathlib import Path

from .config import config
from .errors import SetUpError


def root() -> Path:
    """The root of the collection voipbox.fusionpbx. Raises SetUpError when it is not there."""
    folder = config().collection_dir.resolve()
    if not (folder / "playbooks" / "provision.yml").is_file():
        raise SetUpError(f"There are no playbooks in {folder}. Name the root of the collection in VOIPBOX_COLLECTION_DIR.")
    return folder
