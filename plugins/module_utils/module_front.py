# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Between AnsibleModule and the engine: connection options, one session, results as digests, every error told.

Nothing here imports Ansible at run time but missing_required_lib; the module object comes from the module.
"""

from __future__ import annotations

import contextlib
import json

from . import database
from .configuration import DEFAULT_PATH, Settings
from .database import ROLLED_BACK
from .errors import EngineError, place_of
from .session import Session

_DATABASE = ("host", "port", "name", "user", "password", "sslmode")
_SOCKET = ("host", "port", "password")
_PLAIN = (
    "web_root", "recordings_dir", "voicemail_dir", "cache_dir", "cache_method", "file_owner", "file_group",
    "allow_superadmin",
)  # fmt: skip

# What is said of a transaction that wrote nothing, and of it when the tenant's first part was written before.
_NOTHING = ("Nothing was written.", ROLLED_BACK)
_FIRST_ONLY = "Its domain, users and extensions are written; nothing of its trunk was."
_CHECKED = "This was a check: nothing was written."
_JOINED = ("created", "updated", "removed", "warnings", "changed", "failed", "msg")


def connection_spec():
    """Argument spec of the connection options, the same in every module (doc fragment voipbox.fusionpbx.connection)."""
    return {
        "config_path": {"type": "path", "default": DEFAULT_PATH},
        "database_host": {"type": "str"},
        "database_port": {"type": "int"},
        "database_name": {"type": "str"},
        "database_user": {"type": "str"},
        "database_password": {"type": "str", "no_log": True},
        "database_sslmode": {"type": "str"},
        "event_socket_host": {"type": "str"},
        "event_socket_port": {"type": "int"},
        "event_socket_password": {"type": "str", "no_log": True},
        "web_root": {"type": "path"},
        "recordings_dir": {"type": "path"},
        "voicemail_dir": {"type": "path"},
        "cache_dir": {"type": "path"},
        "cache_method": {"type": "str", "choices": ["auto", "files", "lua"], "default": "auto"},
        "file_owner": {"type": "str"},
        "file_group": {"type": "str"},
        "allow_superadmin": {"type": "bool", "default": False},
    }


def settings_of(parameters):
    """configuration.Settings of a module's parameters; database_user stands for config.conf's username."""
    options = {name: parameters.get(name) for name in _PLAIN}
    options["config_path"] = parameters.get("config_path")
    options["database"] = {("username" if name == "user" else name): parameters.get("database_" + name) for name in _DATABASE}
    options["event_socket"] = {name: parameters.get("event_socket_" + name) for name in _SOCKET}
    return Settings(options)


def run(module, work, looks=lambda parameters: False):
    """Open a session, call work(session, parameters) and exit with the dictionary it returns.

    looks(parameters) tells, before the session is opened, whether this run only tells what is there. Every exception ends
    in fail_json: an unhandled one would print values that nobody may see.
    """
    if not database.HAS_DRIVER:
        module.fail_json(
            msg="A PostgreSQL driver is missing on this host: install Debian's python3-psycopg2 (or psycopg 3). "
            "Nothing was written. Run again then.",
        )
    result = None
    try:
        session = Session(settings_of(module.params), module.check_mode, looks(module.params))
        with contextlib.closing(session):
            session.start()
            result = work(session, module.params)
            result["commands"] = session.switch.commands
            result["changed"] = result["changed"] or session.repaired
            left = _left_behind(session)
            if left:
                result.setdefault("warnings", []).extend(left)
    except EngineError as error:
        module.fail_json(msg=str(error))
    except Exception as error:  # pylint: disable=broad-except
        module.fail_json(msg=_unforeseen(error))
    if not module._diff:
        result.pop("diff", None)
    if result.pop("failed", False):
        module.fail_json(**result)
    module.exit_json(**result)


def _left_behind(session):
    """What is told of effects that earlier runs, which were cut off, still owed the switch."""
    if session.waiting is None:
        return ["This role may not read voipbox.outbox: whether effects of a run that was cut off wait is not known."]
    if session.waiting:
        some = "{0} effects wait".format(session.waiting) if session.waiting > 1 else "1 effect waits"
        return ["An earlier run was cut off: {0} and will be carried out first by the next run that writes.".format(some)]
    told = ["An earlier run was cut off; what it owed the switch was sent first."] if session.repaired else []
    for domain, error in session.owed.items():
        told.append("An earlier run was cut off; it still owes {0}: {1}".format(domain, error))
    return told


def read_document(path):
    """The document that the action plugin put on this host."""
    if not path:
        raise EngineError(
            "This module is called through its action plugin, which reads and checks tenant files.",
            next_step="Give tenant_files in a task of a playbook.",
        )
    try:
        with open(path, encoding="utf-8") as source:
            return json.load(source)
    except (OSError, ValueError) as error:
        raise EngineError("The document {0} cannot be read ({1}).".format(path, type(error).__name__)) from None


def digest(outcome):
    """What is told of one tenant: a few short values, never its data."""
    tenant = outcome.tenant
    work = outcome.work
    result = {
        "domain": tenant["domain"],
        "changed": outcome.changed,
        "failed": outcome.error is not None,
        "msg": _told(outcome) if outcome.error else "",
    }
    if tenant.get("source"):
        result["source"] = tenant["source"]
    if work is None:
        return result
    result["domain_uuid"] = work.domain_uuid
    names = (("created", "created"), ("updated", "changed"), ("removed", "removed"))
    result.update({name: work.changes.objects[kind] for name, kind in names if work.changes.objects[kind]})
    if work.gateways:
        result["gateways"] = [
            {
                "name": name,
                "uuid": gateway["uuid"],
                "state": outcome.states.get(name, ("", ""))[0],
                "status": outcome.states.get(name, ("", ""))[1],
            }
            for name, gateway in work.gateways.items()
        ]
    if work.changes.warnings:
        result["warnings"] = work.changes.warnings
    if not work.session.check_mode:
        for name, told in (("generated", work.generated), ("used", work.used)):
            some = {kind: values for kind, values in told.items() if values}
            if some:
                result[name] = some
    return result


def _told(outcome):
    """The text of an error; after a check it says so, since then it is true of both parts of a tenant."""
    text = str(outcome.error)
    if outcome.checked:
        text = text.replace(_NOTHING[0], _CHECKED)
    return text


def joined(first, second):
    """The digest of a tenant that was converged in two parts, of their digests; second is None when it has one part.

    When the first part was written, a second one that was refused cannot say that nothing was.
    """
    if second is None:
        return dict(first, parts=["tenant"])
    one = dict(first, **{name: value for name, value in second.items() if name not in _JOINED})
    for name in ("created", "updated", "removed", "warnings"):
        both = first.get(name, []) + second.get(name, [])
        if both:
            one[name] = both
    one.update({name: first[name] or second[name] for name in ("changed", "failed", "msg")})
    if first["changed"] and not first["failed"]:
        for text in _NOTHING:
            one["msg"] = one["msg"].replace(text, _FIRST_ONLY)
    return dict(one, parts=["tenant", "trunk"])


def results(outcomes):
    """The result of a call over several tenants."""
    tenants = [digest(outcome) for outcome in outcomes]
    failed = [tenant for tenant in tenants if tenant["failed"]]
    result = {
        "changed": any(tenant["changed"] for tenant in tenants),
        "failed": bool(failed),
        "tenants": tenants,
        "diff": [one for outcome in outcomes for one in _diff(outcome)],
    }
    if failed:
        result["msg"] = "{0} of {1} tenants failed: {2}".format(
            len(failed), len(tenants), "; ".join("{0}: {1}".format(t["domain"], t["msg"]) for t in failed)
        )
    return result


def _diff(outcome):
    if outcome.work is None or not outcome.work.changes:
        return []
    texts = outcome.work.changes.diff()
    header = outcome.tenant["domain"]
    return [dict(texts, before_header=header, after_header=header)]


def _unforeseen(error):
    return (
        "An unforeseen {0} stopped the module at {1}. Tenants whose transaction was committed are whole, the others "
        "were not touched. It is safe to run again; please report it with these words."
    ).format(*place_of(error))
