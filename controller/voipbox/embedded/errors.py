# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong with a server of one's own."""

from __future__ import annotations


class ServerError(Exception):
    """Says what happened, and what is safe to do next. The text is one or two sentences for a person."""
