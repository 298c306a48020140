# SPDX-License-Identifier: GPL-3.0-or-later
"""The web root of the lab: a folder like FusionPBX's, holding only the XML files of the default dialplans.

Names, numbers, orders, contexts and app_uuids are FusionPBX's; what the dialplans do is the lab's own and short. All 32
that FusionPBX gives to each domain are there, and some of those that exist once for all.
"""

from __future__ import annotations

import shutil
from pathlib import Path

SOURCE = Path(__file__).with_name("webroot")


def install(target: Path) -> None:
    """Make target a fresh copy; what stood there before is gone."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(SOURCE, target)
