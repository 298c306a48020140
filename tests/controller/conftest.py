"""Django on a PostgreSQL of its own, shared by all workers of one test session; people, a catalog and orders to work with."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

if "PYTEST_XDIST_WORKER" not in os.environ:
    for name in [name for name in os.environ if name.startswith("VOIPBOX_") or name == "DATABASE_URL"]:
        del os.environ[name]
    _state = tempfile.mkdtemp(prefix="voipbox-test-")
    os.environ["VOIPBOX_STATE_DIR"] = _state
    os.environ["VOIPBOX_MAIL_STAFF"] = "staff@voipbox.example"
    os.environ["VOIPBOX_WEBHOOK_PRIVATE"] = "true"
    os.environ["VOIPBOX_API_PER_MINUTE"] = "1000000"
    (Path(_state) / "static").mkdir()
    atexit.register(shutil.rmtree, _state, ignore_errors=True)
os.environ["DJANGO_SETTINGS_MODULE"] = "voipbox.core.settings"

import django  # noqa: E402 - after the environment
from voipbox.core import keys  # noqa: E402 - after the environment

keys.create_files()
django.setup()

pytest_plugins = ["tests.controller.fixtures", "tests.controller.mail_fixtures", "tests.controller.webhook_fixtures"]
