# SPDX-License-Identifier: GPL-3.0-or-later
"""Where everything of a lab is in its folder, and the two files that tell others: config.conf and an inventory."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from .errors import LabError
from .neighbour import DOMAIN as NEIGHBOUR
from .neighbour import EXTENSIONS
from .rows import FIRST_DOMAIN

DATABASE = "fusionpbx"
ROLE = "fusionpbx"
ENVIRONMENT = "VOIPBOX_LAB_DIR"
_SOCKET_PATH_LENGTH = 100  # UNIX sockets allow 107 on Linux and 103 on macOS
_TENANT_MODE = 0o770


def default_directory() -> Path:
    """VOIPBOX_LAB_DIR, else .lab in the repository, else .lab in the current folder."""
    named = os.environ.get(ENVIRONMENT)
    if named:
        return Path(named)
    repository = Path(__file__).resolve().parents[2]
    return (repository if (repository / "galaxy.yml").is_file() else Path.cwd()) / ".lab"


@dataclass
class State:
    """What a lab remembers between starts: its shape, the factor on its switch's delays, ports and passwords."""

    shape: str
    time_factor: float
    postgres_port: int
    event_socket_port: int
    database_password: str
    event_socket_password: str
    durable: bool = True


class Layout:
    """Paths in a lab's folder. Parameter: directory, which need not exist yet."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.expanduser().resolve()
        self.state_path = self.directory / "state.json"
        self.lock_path = self.directory / "lock"
        self.config_path = self.directory / "config.conf"
        self.inventory_path = self.directory / "hosts.yml"
        self.postgres_dir = self.directory / "postgres"
        self.postgres_log = self.directory / "postgres.log"
        self.switch_log = self.directory / "switch.log"
        self.switch_output = self.directory / "switch.out"
        self.switch_pid = self.directory / "switch.pid"
        self.web_root = self.directory / "www"
        self.cache_dir = self.directory / "cache"
        self.recordings_dir = self.directory / "recordings"
        self.storage_dir = self.directory / "storage"
        self.voicemail_dir = self.storage_dir / "voicemail"

    @property
    def control(self) -> Path:
        """The switch's control socket; in the folder for temporary files where the lab's own path is too long."""
        path = self.directory / "switch.sock"
        if len(os.fsencode(path)) <= _SOCKET_PATH_LENGTH:
            return path
        name = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"voipbox-lab-{os.getuid()}" / f"{name}.sock"

    def make(self) -> None:
        """Make the folder itself and the one of the control socket."""
        self.directory.mkdir(parents=True, exist_ok=True)
        folder = self.control.parent
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder != self.directory and folder.stat().st_uid != os.getuid():
            raise LabError(f"{folder} belongs to another user. Use a shorter path for the lab (--dir).")

    def fresh_folders(self) -> None:
        """Cache, recordings and voicemail as on a fresh server, with the folders of the two seeded domains."""
        for folder in (self.cache_dir, self.recordings_dir, self.storage_dir):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            folder.chmod(_TENANT_MODE)
        boxes = self.voicemail_dir / "default"
        tenants = [boxes / FIRST_DOMAIN, boxes / NEIGHBOUR]
        mailboxes = [boxes / NEIGHBOUR / number for number in EXTENSIONS]
        recordings = [self.recordings_dir / FIRST_DOMAIN, self.recordings_dir / NEIGHBOUR]
        for folder in (self.voicemail_dir, boxes, *tenants, *mailboxes, *recordings):
            folder.mkdir()
            folder.chmod(_TENANT_MODE)

    def read_state(self) -> State | None:
        """The remembered state, or None where there is no lab yet."""
        try:
            return State(**json.loads(self.state_path.read_text()))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError):
            raise LabError(
                f"{self.state_path} cannot be read. Remove the folder {self.directory} and start the lab again."
            ) from None

    def write_state(self, state: State) -> None:
        """Remember the state and write config.conf and the inventory that go with it."""
        _write(self.state_path, json.dumps(asdict(state), indent=1) + "\n", 0o600)
        _write(self.config_path, self._config(state), 0o640)
        _write(self.inventory_path, self._inventory(), 0o644)

    def settings(self) -> dict[str, str]:
        """FusionPBX's default settings switch/*, which name folders: subcategory and value."""
        return {
            "conf": str(self.directory / "switch" / "conf"),
            "sounds": str(self.directory / "switch" / "sounds"),
            "database": str(self.directory / "switch" / "db"),
            "recordings": str(self.recordings_dir),
            "storage": str(self.storage_dir),
            "voicemail": str(self.voicemail_dir),
            "scripts": str(self.directory / "switch" / "scripts"),
        }

    def _config(self, state: State) -> str:
        values = {
            "database.0.type": "pgsql",
            "database.0.host": "127.0.0.1",
            "database.0.port": state.postgres_port,
            "database.0.sslmode": "prefer",
            "database.0.name": DATABASE,
            "database.0.username": ROLE,
            "database.0.password": state.database_password,
            "document.root": self.web_root,
            "project.path": "",
            "temp.dir": tempfile.gettempdir(),
            "cache.method": "file",
            "cache.location": self.cache_dir,
            "cache.settings": "true",
            **{f"switch.{name}.dir": value for name, value in self.settings().items()},
            "switch.event_socket.host": "127.0.0.1",
            "switch.event_socket.port": state.event_socket_port,
            "switch.event_socket.password": state.event_socket_password,
            "xml_handler.fs_path": "false",
            "error.reporting": "user",
        }
        lines = ["# A voipbox lab: for trying and testing only. Written by the lab.", ""]
        room = ""
        for key, value in values.items():
            if room and key.split(".")[0] != room:
                lines.append("")
            room = key.split(".")[0]
            lines.append(f"{key} = {value}".rstrip())
        return "\n".join(lines) + "\n"

    def _inventory(self) -> str:
        # A JSON text is a YAML scalar, whatever the path holds.
        return f"""\
# The voipbox lab in this folder. Written by the lab.
pbx_servers:
  hosts:
    lab-pbx:
      ansible_connection: local
      ansible_python_interpreter: "{{{{ ansible_playbook_python }}}}"
      fusionpbx_config: {json.dumps(str(self.config_path))}
"""


def _write(path: Path, text: str, mode: int) -> None:
    """Replace a file at once, so that no reader sees half of it."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as stream:
        stream.write(text)
    fresh.chmod(mode)
    fresh.replace(path)
