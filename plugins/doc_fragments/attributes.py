# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation shared by modules: what they can and where they run."""

from __future__ import annotations


class ModuleDocFragment:
    """Attributes of the modules of single resources."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Predicts the same changes and writes nothing.
    support: full
  diff_mode:
    description: Shows rows before and after, secrets as fixed marks.
    support: full
  platform:
    description: Runs on the PBX server.
    support: full
    platforms: posix
"""

    ACTION = r"""
options: {}
attributes:
  action:
    description: Has a corresponding action plugin, which renders route templates on the control node.
    support: full
"""
