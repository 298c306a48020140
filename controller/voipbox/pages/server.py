# SPDX-License-Identifier: GPL-3.0-or-later
"""The web server: gunicorn with threads, in this process."""

from __future__ import annotations

from typing import Any

from django.core.wsgi import get_wsgi_application
from gunicorn.app.base import BaseApplication

from voipbox.core.config import config


class _Server(BaseApplication):  # type: ignore[misc] # gunicorn has no types
    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return get_wsgi_application()


def serve(bind: str) -> int:
    """Serve until told to stop."""
    _Server(
        {
            "bind": bind,
            "workers": config().web_workers,
            "worker_class": "gthread",
            "threads": config().web_threads,
            "control_socket_disable": True,
            "accesslog": None,
            "loglevel": "warning",
            "proc_name": "voipbox web",
        }
    ).run()
    return 0
