"""Drivers against their providers' sandboxes, which run in this process; no test here needs a row in the database."""

from __future__ import annotations

import tests.controller.conftest  # noqa: F401 - Django on a database of its own
from tests.providers.didww_fixtures import didww, didww_keys, didww_running  # noqa: F401 - fixtures
from tests.providers.voipms_fixtures import fast_voipms, voipms, voipms_server  # noqa: F401 - fixtures
