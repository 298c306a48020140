# SPDX-License-Identifier: GPL-3.0-or-later
"""How drivers check their provider's certificate: by the authorities that httpx trusts."""

from __future__ import annotations

import functools
import ssl

import httpx


@functools.cache
def context() -> ssl.SSLContext:
    """Made once a process: reading the authorities takes longer than many a call."""
    return httpx.create_ssl_context()
