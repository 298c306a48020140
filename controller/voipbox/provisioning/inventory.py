# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory of a PBX server, as a run or a person's own playbook takes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from voipbox.catalog.models import PbxServer
from voipbox.core.keys import write_private

# What a local connection would otherwise leave below the home folder when it is killed.
_LOCAL = "local"


def variables(server: PbxServer, secrets: bool = True) -> dict[str, Any]:
    """The variables of a server's host; with secrets, those that are sealed too."""
    return {**server.host_variables, **(server.secret_variables if secrets else {})}


def write(server: PbxServer, folder: Path, temporary: Path) -> Path:
    """Write the inventory of one server for one run; returns its path.

    Parameters: folder, for the file; temporary, where local connections keep what they hand over.
    """
    host = variables(server)
    if host.get("ansible_connection") == _LOCAL:
        host.setdefault("ansible_remote_tmp", str(temporary))
    host["fusionpbx_secrets_dir"] = str(temporary / "secrets")
    path = folder / "hosts.yml"
    write_private(path, yaml.safe_dump({"pbx_servers": {"hosts": {server.slug: host}}}, sort_keys=False, allow_unicode=True))
    return path
