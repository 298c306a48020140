# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m voipbox_lab.switch`: run the simulator in the foreground until SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import signal
from pathlib import Path

from .server import Server


async def _run(arguments: argparse.Namespace) -> None:
    server = Server(arguments.config, arguments.port, arguments.control, arguments.log, arguments.time_factor)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    await server.run()


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(prog="voipbox_lab.switch", description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="FusionPBX's config.conf")
    parser.add_argument("--port", type=int, required=True, help="port of the event socket on 127.0.0.1")
    parser.add_argument("--control", type=Path, required=True, help="file that tells tests how to reach the switchboard")
    parser.add_argument("--log", type=Path, required=True, help="file for the api commands received")
    parser.add_argument("--time-factor", type=float, default=1.0, help="multiplies every delay (0.1: ten times as fast)")
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
