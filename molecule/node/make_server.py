#!/usr/bin/python3
# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a bare Debian look like a FusionPBX server: its places, owners, tables, and the lab's switch on port 8021."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, "/opt/voipbox-lab")

import psycopg2
from voipbox_lab import seed, tables, webroot

SHAPE = "5.5"
STORAGE = Path("/var/lib/freeswitch")
FOLDERS = {"recordings": STORAGE / "recordings", "voicemail": STORAGE / "storage/voicemail"}
CACHE = Path("/var/cache/fusionpbx")
WEB_ROOT = Path("/var/www/fusionpbx")
CONFIG = Path("/etc/fusionpbx/config.conf")


def run(*command, text=None):
    """Run a command; its failure ends the script."""
    subprocess.run(command, input=text, text=True, check=True)


def main():
    """Make everything."""
    password = secrets.token_hex(12)
    run("pg_createcluster", "--port", "5432", "15", "main", "--start")
    run("su", "postgres", "-c", "psql --quiet", text=f"CREATE ROLE fusionpbx LOGIN PASSWORD '{password}';")
    run("su", "postgres", "-c", "createdb --owner fusionpbx fusionpbx")
    webroot.install(WEB_ROOT)
    for folder in (FOLDERS["recordings"], FOLDERS["voicemail"] / "default", CACHE, CONFIG.parent):
        folder.mkdir(parents=True, exist_ok=True)
    owner = pwd.getpwnam("www-data")
    for folder in (STORAGE, WEB_ROOT, CACHE):
        for path in (folder, *folder.rglob("*")):
            os.chown(path, owner.pw_uid, owner.pw_gid)
    for folder in (FOLDERS["recordings"], FOLDERS["voicemail"], FOLDERS["voicemail"] / "default", CACHE):
        folder.chmod(0o770)
    CONFIG.write_text(
        "\n".join(
            (
                "database.0.type = pgsql",
                "database.0.host = 127.0.0.1",
                "database.0.port = 5432",
                "database.0.name = fusionpbx",
                "database.0.username = fusionpbx",
                f"database.0.password = {password}",
                f"document.root = {WEB_ROOT}",
                f"cache.location = {CACHE}",
                f"switch.recordings.dir = {FOLDERS['recordings']}",
                f"switch.voicemail.dir = {FOLDERS['voicemail']}",
            )
        )
        + "\n",
        encoding="utf-8",
    )
    CONFIG.chmod(0o640)
    shutil.chown(CONFIG, "root", "www-data")
    connection = psycopg2.connect(host="127.0.0.1", dbname="fusionpbx", user="fusionpbx", password=password)
    with connection, connection.cursor() as cursor:
        cursor.execute(tables.statements(SHAPE))
    seed.rows_of(SHAPE, WEB_ROOT, {name: str(folder) for name, folder in FOLDERS.items()}).write(connection)
    connection.close()
    start_switch()


def start_switch():
    """The lab's switch, as the user that owns the cache."""
    log = Path("/var/log/voipbox-switch.log")
    log.touch()
    shutil.chown(log, "www-data", "www-data")
    user = ["setpriv", "--reuid=www-data", "--regid=www-data", "--init-groups"]
    options = ["--config", str(CONFIG), "--port", "8021", "--control", str(CACHE / "control"), "--log", str(log)]
    with log.open("ab") as output:
        subprocess.Popen(
            [*user, "/usr/bin/python3", "-m", "voipbox_lab.switch", *options],
            cwd="/opt/voipbox-lab",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", 8021), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    sys.exit("The switch did not start: " + log.read_text(encoding="utf-8")[-2000:])


if __name__ == "__main__":
    main()
