# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m voipbox_lab.providers.voipms`: run the first provider's sandbox in the foreground until SIGTERM."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ..http_server import run
from .sandbox import VoipMsSandbox


def _make(given: argparse.Namespace) -> VoipMsSandbox:
    seed: dict[str, Any] = json.loads(given.seed.read_text(encoding="utf-8")) if given.seed else {}
    return VoipMsSandbox(seed)


if __name__ == "__main__":
    run(
        "voipbox_lab.providers.voipms",
        __doc__,
        _make,
        ("--seed", {"type": Path, "metavar": "FILE", "help": "JSON with a first state, see state.fresh"}),
    )
