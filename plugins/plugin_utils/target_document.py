# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Putting a JSON document on the target for one module call: for its owner alone, and gone afterwards."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile

_NAME = "document.json"


@contextlib.contextmanager
def on_target(action, content):
    """A context with the path of the document on the target.

    Parameters: action, the running ActionBase; content, what is dumped as JSON. On the control node itself it is
    written directly; elsewhere it is put into the task's temporary folder, which Ansible removes with the task.
    """
    text = json.dumps(content)
    if action._connection.transport == "local" and not action._play_context.become:
        folder = tempfile.mkdtemp(prefix="voipbox-document-")
        try:
            path = os.path.join(folder, _NAME)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as target:
                target.write(text)
            yield path
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return
    shell = action._connection._shell
    if not shell.tmpdir:
        action._make_tmp_path()
    path = shell.join_path(shell.tmpdir, _NAME)
    action._transfer_data(path, text)
    action._remote_chmod([path], "u=rw,g=,o=")
    action._fixup_perms2([shell.tmpdir, path], execute=False)
    yield path
