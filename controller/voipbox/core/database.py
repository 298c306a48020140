# SPDX-License-Identifier: GPL-3.0-or-later
"""Which database there is, and one clear line when it cannot be used."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import psycopg
from django.core.management import call_command
from django.db import InterfaceError, NotSupportedError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from psycopg.conninfo import conninfo_to_dict

from .config import config
from .errors import SetUpError
from .keys import SealBroken

OLDEST = 140000  # PostgreSQL 14, as Django 5.2 wants
_PATIENCE = 10  # seconds
_PAUSE = 1.0  # seconds between two tries


def settings() -> dict[str, Any]:
    """The entry of Django's DATABASES. Starts the embedded server where no other is named. Raises SetUpError."""
    common: dict[str, Any] = {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": _PATIENCE, "application_name": "voipbox"},
    }
    url = config().database
    if not url:
        from .embedded_database import connection_settings  # noqa: PLC0415 - only where it is used

        return {**common, **connection_settings()}
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise SetUpError("DATABASE_URL is not understood. Write it like postgresql://voipbox@db.example:5432/voipbox.") from None
    own = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    entry = {key: parts.pop(name) for key, name in own.items() if name in parts}
    if "NAME" not in entry:
        raise SetUpError("DATABASE_URL names no database. Write it like postgresql://voipbox@db.example:5432/voipbox.")
    return {**common, **entry, "OPTIONS": {**common["OPTIONS"], **parts}}


def check_server() -> None:
    """Raise SetUpError in one line when the database cannot be reached or is too old."""
    try:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version_num")
            row = cursor.fetchone()
    except OperationalError as error:
        words = " ".join(str(error).split())
        raise SetUpError(
            f"The database cannot be reached: {words} Nothing was done. Start it, or correct DATABASE_URL."
        ) from None
    except NotSupportedError as error:  # Django looks at the version as it connects
        raise _too_old(str(error)) from None
    version = int(row[0]) if row else 0
    if version < OLDEST:
        raise _too_old(f"it is PostgreSQL {version // 10000}")


def _too_old(words: str) -> SetUpError:
    return SetUpError(
        f"The database is too old for voipbox, which needs PostgreSQL {OLDEST // 10000} or newer: {words.rstrip('.')}. "
        "Nothing was done. Name a newer server in DATABASE_URL."
    )


def missing_migrations() -> list[str]:
    """Names of migrations that have not been applied."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def check_ready() -> None:
    """check_server(), and the tables are those of this program. Raises SetUpError."""
    check_server()
    missing = missing_migrations()
    if missing:
        raise SetUpError(f"The database lacks {len(missing)} migrations ({missing[0]} ...). Run voipbox init; it keeps all data.")


def wait_until_ready(also: Callable[[], object], patience: float = 60.0) -> None:
    """check_ready(), then also(), both asked again for so many seconds while the database is away.

    Raises SetUpError; at once where also() finds the wrong keys.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            check_ready()
            also()
        except SealBroken:
            raise
        except (SetUpError, OperationalError, InterfaceError) as error:
            if time.monotonic() > deadline:
                raise SetUpError(" ".join(str(error).split())) from None
            connection.close()
            time.sleep(_PAUSE)
        else:
            return


def migrate() -> None:
    """Bring the tables up to date."""
    call_command("migrate", interactive=False, verbosity=0)


def keep_embedded() -> None:
    """For processes that live long: start the embedded database again whenever it dies."""
    if not config().database:
        from .embedded_database import embedded  # noqa: PLC0415 - only where it is used

        embedded.keep_running()
