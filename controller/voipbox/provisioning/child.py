# SPDX-License-Identifier: GPL-3.0-or-later
"""The process of one run, which dies with the daemon that started it.

python -m voipbox.provisioning.child deploy|survey|plan ID PARENT, where ID is of the server or the plan and PARENT is
the daemon's process id.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys

DONE, BUSY, LOST = 0, 3, 4
_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent ends (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(LOST)


def main(work: str, identity: int) -> int:
    """A run on a server, a look at all servers, or a plan; returns the exit code."""
    from voipbox.core.start import django_ready  # after the tie to the parent

    django_ready()
    from .playbook import clean_environment  # wants Django
    from .private_folder import sweep

    clean_environment()
    sweep()
    if work == "survey":
        from .survey import survey_all

        survey_all()
        return DONE
    if work == "plan":
        from .plan import make

        make(identity)
        return DONE
    return _deploy(identity)


def _deploy(server_id: int) -> int:
    import psycopg
    from django.db import DatabaseError, InterfaceError

    from .deploy import LockLost, deploy_once, settle_lost  # wants Django
    from .server_lock import ServerLock

    lock = ServerLock(server_id)
    if not lock.take():
        return BUSY
    try:
        settle_lost(server_id)
        deploy_once(server_id, lock)
    except LockLost:
        logging.getLogger("voipbox.runs").warning("server %s: the lock was lost in mid-run; the next run settles it", server_id)
        return LOST
    except (DatabaseError, InterfaceError, psycopg.Error):
        logging.getLogger("voipbox.runs").exception(
            "server %s: the database failed in mid-run; the next run settles it", server_id
        )
        return LOST
    finally:
        lock.release()
    return DONE


if __name__ == "__main__":
    die_with_parent(int(sys.argv[3]))
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
