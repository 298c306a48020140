"""Writes the result of each task as a JSON line into the file that VOIPBOX_TASK_RESULTS names."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    """A callback plugin for the tests."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "task_results"
    CALLBACK_NEEDS_ENABLED = True

    def v2_runner_on_ok(self, result) -> None:
        """A task that went well."""
        self._note(result, failed=False)

    def v2_runner_on_failed(self, result, ignore_errors: bool = False) -> None:
        """A task that failed, whether that is ignored or not."""
        del ignore_errors
        self._note(result, failed=True)

    def _note(self, result, failed: bool) -> None:
        line = json.dumps({"failed": failed, "result": result.result}, default=str)
        with Path(os.environ["VOIPBOX_TASK_RESULTS"]).open("a", encoding="utf-8") as target:
            target.write(line + "\n")
