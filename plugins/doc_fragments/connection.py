# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation shared by all modules: how the PBX server's parts are reached."""

from __future__ import annotations


class ModuleDocFragment:
    """The connection options."""

    DOCUMENTATION = r"""
options:
  config_path:
    description:
      - FusionPBX's configuration file on the PBX server. Database and event socket are taken from it.
      - The actions of this collection also take it from the host variable C(fusionpbx_config), and every other option
        of this list from C(fusionpbx_) with its name.
    type: path
    default: /etc/fusionpbx/config.conf
  database_host:
    description: Host of the PostgreSQL server.
    type: str
  database_port:
    description: Port of the PostgreSQL server.
    type: int
  database_name:
    description: Name of FusionPBX's database.
    type: str
  database_user:
    description: Role to log in with, best one of its own rather than FusionPBX's superuser.
    type: str
  database_password:
    description: Password of the role.
    type: str
  database_sslmode:
    description: TLS mode of the connection, as libpq names it.
    type: str
  event_socket_host:
    description: Host of FreeSWITCH's event socket.
    type: str
  event_socket_port:
    description: Port of FreeSWITCH's event socket.
    type: int
  event_socket_password:
    description: Password of FreeSWITCH's event socket.
    type: str
  web_root:
    description: FusionPBX's folder, from which the default dialplans of a new domain are read.
    type: path
  recordings_dir:
    description: Folder of the recordings.
    type: path
  voicemail_dir:
    description: Folder of the mailboxes, in which FusionPBX keeps C(default/DOMAIN).
    type: path
  cache_dir:
    description: Folder of FusionPBX's file cache.
    type: path
  cache_method:
    description:
      - How stale cache entries are dropped.
      - V(files) removes files, V(lua) lets the switch do it, V(auto) takes files where this user
        may remove them and C(cache.method) of C(config.conf), where it is set, is V(file).
    type: str
    choices: [auto, files, lua]
    default: auto
  file_owner:
    description: Owner of folders that are made, that of the folder above when left out.
    type: str
  file_group:
    description: Group of folders that are made, that of the folder above when left out.
    type: str
  allow_superadmin:
    description: Whether a user may be put into the group superadmin, which sees every tenant of the server.
    type: bool
    default: false
requirements:
  - psycopg2 (Debian's python3-psycopg2) or psycopg 3 on the PBX server
"""
