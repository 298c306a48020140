# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker: jobs of all rooms until it is told to stop, over outages of the database."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from concurrent.futures import ThreadPoolExecutor

from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status

from . import jobs
from .config import config
from .errors import SetUpError

log = logging.getLogger("voipbox.daemon")
_HEARTBEAT = 2.0  # seconds
_STALLED = 12.0  # seconds without a heartbeat, after which a worker's jobs go to another
_PAUSE = 2.0


class Daemon:
    """Runs a worker, and gives the jobs of dead workers back to the queue."""

    def __init__(self) -> None:
        self._stopping = False

    async def run(self) -> None:
        """Work until SIGTERM or SIGINT; what runs then is finished first."""
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        while not stop.is_set():
            try:
                await self._work(stop)
            except SetUpError:
                raise
            except Exception as error:  # a daemon outlives whatever its database does
                log.warning("the worker stopped (%s: %s); trying again", type(error).__name__, " ".join(str(error).split())[:200])
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _PAUSE)

    async def _work(self, stop: asyncio.Event) -> None:
        worker_app = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined] # of the Django connector
        async with worker_app.open_async():
            slots = jobs.slots(config().job_slots)
            # Each job that is no coroutine takes a thread of this pool: one for every slot, and some for what jobs wait for.
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2 * sum(slots.values())))
            workers = [
                asyncio.create_task(
                    worker_app.run_worker_async(
                        queues=[queue],
                        name=queue,
                        concurrency=count,
                        install_signal_handlers=False,
                        fetch_job_polling_interval=2.0,
                        update_heartbeat_interval=_HEARTBEAT,
                        stalled_worker_timeout=_STALLED,
                        delete_jobs="successful",
                    )
                )
                for queue, count in slots.items()
            ]
            rescue = asyncio.create_task(_rescue(worker_app))
            stopper = asyncio.create_task(stop.wait())
            try:
                await asyncio.wait({*workers, rescue, stopper}, return_when=asyncio.FIRST_COMPLETED)
                for task in (*workers, rescue):
                    if task.done():
                        task.result()
            finally:
                for other in (rescue, stopper, *workers):
                    other.cancel()
                await asyncio.gather(rescue, stopper, *workers, return_exceptions=True)


async def _rescue(worker_app: object) -> None:
    """Every few seconds: jobs whose worker is gone go back to the queue. All jobs of this program may run twice."""
    manager = worker_app.job_manager  # type: ignore[attr-defined] # an App
    while True:
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED):
            log.warning("job %s (%s) lost its worker; queueing it again", job.id, job.task_name)
            try:
                await manager.retry_job(job)
            except ConnectorException:
                # Another one of its kind waits already and does the same.
                await manager.finish_job(job, status=Status.FAILED, delete_job=True)
        await asyncio.sleep(_STALLED / 2)
