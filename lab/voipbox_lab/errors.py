# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong in the lab."""

from __future__ import annotations

from voipbox.embedded.errors import ServerError


class LabError(ServerError):
    """Says what happened in the lab, and what is safe to do next."""
