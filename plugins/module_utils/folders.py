# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Folders of a tenant under recordings and voicemail, with the owner and mode that FusionPBX gives them."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import stat

from .errors import EngineError

_MODE = 0o770


def require_root(root, kind):
    """Refuse, before anything is written, a root of recordings or voicemail (kind) that is not known or not there."""
    if not root:
        raise EngineError(
            "FusionPBX does not say where its {0} folder is (default setting switch/{0} is empty).".format(kind),
            next_step="Name it with fusionpbx_{0}_dir, then run again.".format(kind),
        )
    if not os.path.isdir(root):
        raise EngineError(
            "The folder {0}, in which FusionPBX keeps {1}, does not exist.".format(root, kind),
            next_step="Make it, or name the right one with fusionpbx_{0}_dir, then run again.".format(kind),
        )


def domain_folders(session, domain_name):
    """(root, path) of the folders that belong to a domain: recordings/DOMAIN and voicemail/default/DOMAIN.

    Raises EngineError when one of the roots is not known or not there.
    """
    folders = []
    for root, path, kind in (
        (session.recordings_dir(), domain_name, "recordings"),
        (session.voicemail_dir(), "default/" + domain_name, "voicemail"),
    ):
        require_root(root, kind)
        folders.append((root, path))
    return folders


def make_folder(root, path, settings):
    """Make root/path (mode 0770, a setgid bit kept) below an existing root; owner and group are those of root unless
    settings name others.

    The web server and the switch must both write there, so a folder made by root is given to them. Raises EngineError.
    """
    if not os.path.isdir(root):
        raise EngineError(
            "The folder {0} does not exist, so {1} cannot be made in it.".format(root, path),
            not_done="The rows are written; voicemail and recordings have no place yet.",
            next_step="Make it (or name the right one in the host's variables), then run again.",
        )
    owner, group = _owner(root, settings)
    current = root
    for part in path.split("/"):
        current = os.path.join(current, part)
        try:
            os.mkdir(current, _MODE)
            if os.geteuid() == 0:
                os.chown(current, owner, group)
            # The umask may have taken rights away; the setgid bit comes from the folder above and gives the group.
            os.chmod(current, _MODE | (os.stat(current).st_mode & stat.S_ISGID))
        except FileExistsError:
            continue
        except OSError as error:
            raise EngineError(
                "The folder {0} could not be made ({1}).".format(current, error.strerror),
                not_done="The rows are written; voicemail and recordings have no place yet.",
                next_step="Run as a user who may write in {0}.".format(root),
            ) from None


def remove_tree(root, path):
    """Remove root/path and all below it; nothing outside root, no link is followed. Raises EngineError."""
    parts = path.split("/")
    if not path or any(part in ("", ".", "..") for part in parts):
        raise EngineError(
            "The folder {0!r} is not one that may be removed.".format(path), not_done="The rows are written; it was left alone."
        )
    target = os.path.join(root, *parts)
    try:
        if os.path.islink(target):
            os.unlink(target)
        elif os.path.isdir(target):
            shutil.rmtree(target)
    except FileNotFoundError:
        # Someone else removes it too (a mailbox in use loses messages meanwhile): what is left goes with the next run.
        if os.path.isdir(target):
            raise _not_removed(target, "its content changed meanwhile") from None
    except OSError as error:
        raise _not_removed(target, error.strerror) from None


def _not_removed(target, cause):
    return EngineError(
        "The folder {0} could not be removed ({1}).".format(target, cause),
        not_done="The rows are written; some files are left in it.",
        next_step="Run again as a user who may remove it, or remove it by hand and run again.",
    )


def is_there(root, path):
    """True when the folder exists."""
    return os.path.isdir(os.path.join(root, path))


def shut_to_owner(root, path, settings):
    """Why the web server's user cannot write in root/path and in the folders directly in it; "" when it can.

    That user is settings.file_owner, or the owner of root: FusionPBX's installer gives the folders to it.
    """
    user = _owner(root, settings)[0]
    groups = _groups_of(user, root)
    current = root
    try:
        for part in path.split("/"):
            current = os.path.join(current, part)
            if not _lets(os.stat(current), user, groups, stat.S_IXUSR):
                return "{0} is shut to {1}".format(current, _user_name(user))
        for folder in [current, *sorted(entry.path for entry in os.scandir(current) if entry.is_dir(follow_symlinks=False))]:
            if not _lets(os.stat(folder), user, groups, stat.S_IWUSR | stat.S_IXUSR):
                return "{0} may not write in {1}".format(_user_name(user), folder)
    except FileNotFoundError:
        return "{0} is not there".format(current)
    except OSError as error:
        return "{0} cannot be looked into ({1})".format(current, error.strerror)
    return ""


def _lets(status, user, groups, wanted):
    """wanted: bits as for the owner of a file."""
    if user == 0:
        return True
    if status.st_uid == user:
        have = status.st_mode
    elif status.st_gid in groups:
        have = status.st_mode << 3
    else:
        have = status.st_mode << 6
    return have & wanted == wanted


def _groups_of(user, root):
    try:
        entry = pwd.getpwuid(user)
        return set(os.getgrouplist(entry.pw_name, entry.pw_gid))
    except KeyError:
        return {os.stat(root).st_gid}


def _user_name(user):
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return "user {0}".format(user)


def _owner(root, settings):
    try:
        status = os.stat(root)
        owner = pwd.getpwnam(settings.file_owner).pw_uid if settings.file_owner else status.st_uid
        group = grp.getgrnam(settings.file_group).gr_gid if settings.file_group else status.st_gid
    except KeyError as error:
        raise EngineError(
            "file_owner or file_group is not known on this host: {0}.".format(error),
            not_done="The rows are written; voicemail and recordings have no place yet.",
            next_step="Correct it, then run again.",
        ) from None
    except OSError as error:
        raise EngineError(
            "The folder {0} cannot be read ({1}).".format(root, error.strerror),
            not_done="The rows are written; voicemail and recordings have no place yet.",
            next_step="Run as a user who may write in it.",
        ) from None
    return owner, group
