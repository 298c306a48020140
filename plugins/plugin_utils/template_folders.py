# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site's folders of route templates, from a task's option or the host's variable."""

from __future__ import annotations

import os

_VARIABLE = "fusionpbx_template_path"


def template_folders(given, task_vars, templar):
    """Absolute paths of the folders: those given (a list, or a text with commas), else those of fusionpbx_template_path."""
    named = given or (templar.template(task_vars[_VARIABLE]) if _VARIABLE in task_vars else None) or []
    paths = [part.strip() for part in named.split(",")] if isinstance(named, str) else list(named)
    return [os.path.normpath(os.path.join(os.getcwd(), os.path.expanduser(path))) for path in paths]
