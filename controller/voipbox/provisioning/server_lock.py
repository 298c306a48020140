# SPDX-License-Identifier: GPL-3.0-or-later
"""One run a server, over all machines: a lock that the run's own process holds while it lives."""

from __future__ import annotations

from voipbox.core.session_lock import SERVERS, SessionLock


class ServerLock(SessionLock):
    """Parameter: server_id."""

    def __init__(self, server_id: int) -> None:
        super().__init__(SERVERS, server_id)
