"""Every playbook as the database role and the SSH user that docs/how-to/real-server.md prescribes, and no more."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.playbooks.conftest import ROOT, Run, order

DOMAIN = "least.pbx.example.com"
HOW_TO = ROOT / "docs" / "how-to" / "real-server.md"
# Numbers that no account has: the web server's user, the group of its folders, the user whom Ansible logs in as.
WEB, SHARED, ANSIBLE = 54320, 54321, 54322
# What may be read is not limited, since Python itself may lie in a home; what may be written, made or changed is.
_AS_ANSIBLE = (
    "setpriv", f"--reuid={ANSIBLE}", f"--regid={ANSIBLE}", f"--groups={SHARED}", "--securebits=+no_setuid_fixup",
    "--bounding-set=-all,+dac_read_search", "--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search", "--",
)  # fmt: skip


def prescribed() -> list[str]:
    """The statements that the how-to gives to an administrator of the database."""
    (block,) = re.findall(r"<<'SQL'\n(.*?)\n +SQL\n", HOW_TO.read_text(encoding="utf-8"), re.DOTALL)
    return [statement.strip() for statement in block.split(";") if statement.strip()]


class Least:
    """The lab as somebody without other rights meets it."""

    def __init__(self, site, folder: Path, role: dict[str, str]) -> None:
        self.site = site
        self.folder = folder
        self.role = role

    def play(self, name: str, *arguments: str) -> Run:
        """A playbook, run by the SSH user where this test may become it, as the prescribed database role."""
        command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(ROOT / "inventories" / "lab")]
        for key, value in self.role.items():
            command += ["-e", f"{key}={value}"]
        command += [str(ROOT / "playbooks" / f"{name}.yml"), "-e", f"tenant_files={self.folder / 'least.yml'}", *arguments]
        own = dict(
            self.site.environment,
            HOME=str(self.folder), ANSIBLE_HOME=str(self.folder / ".ansible"), XDG_STATE_HOME=str(self.folder / "state"),
            PYTHONDONTWRITEBYTECODE="1",
        )  # fmt: skip
        if os.geteuid() == 0:
            command = [*_AS_ANSIBLE, *command]
        done = subprocess.run(
            command, cwd=ROOT, env=own, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        return Run(done.returncode, done.stdout)


@pytest.fixture
def role(site):
    """Options of the prescribed role, made by the very statements of the how-to; what the lab has of the schema goes."""
    state = site.lab._state()
    name = site.sql("SELECT current_database() AS name")[0]["name"]
    owner = site.sql("SELECT tableowner FROM pg_tables WHERE tablename = 'v_domains'")[0]["tableowner"]
    site.sql("DROP SCHEMA IF EXISTS voipbox CASCADE")
    with site.lab._postgres.admin(state.postgres_port, name) as cursor:
        for statement in prescribed():
            cursor.execute(statement.replace("FOR ROLE fusionpbx", f"FOR ROLE {owner}"))
    yield {"fusionpbx_database_user": "voipbox", "fusionpbx_database_password": "choose-one"}
    with site.lab._postgres.admin(state.postgres_port, name) as cursor:
        cursor.execute("DROP OWNED BY voipbox CASCADE")
        cursor.execute("DROP ROLE voipbox")


@pytest.fixture
def least(site, role, tmp_path_factory):
    folder = tmp_path_factory.mktemp("least")
    tenant = order(DOMAIN, "+14165558001")
    (folder / "least.yml").write_text(yaml.safe_dump(tenant), encoding="utf-8")
    shared = [Path(site.lab.recordings_dir), Path(site.lab.voicemail_dir), Path(site.lab.voicemail_dir) / "default"]
    before = [(path, path.stat()) for path in shared]
    opened = [path for path in (folder, *folder.parents) if path.stat().st_uid == os.geteuid() and path != Path("/")]
    if os.geteuid() == 0:
        for path in shared:
            os.chown(path, WEB, SHARED)
            path.chmod(0o2770)
        for path in (*folder.iterdir(), folder):
            os.chown(path, ANSIBLE, ANSIBLE)
        for path in {*opened, *site.lab.directory.parents, site.lab.directory}:
            path.chmod(path.stat().st_mode | stat.S_IXOTH)
        for path in (site.lab.config_path, site.lab.config_path.parent):
            path.chmod(path.stat().st_mode | stat.S_IROTH | stat.S_IXOTH)
        cache = site.lab.directory / "cache"
        cache.chmod(0o2777)
    yield Least(site, folder, role)
    for path, status in before:
        os.chown(path, status.st_uid, status.st_gid)
        path.chmod(stat.S_IMODE(status.st_mode))
    shutil.rmtree(folder, ignore_errors=True)


def test_every_playbook_runs_with_the_prescribed_rights(least):
    site = least.site
    check = least.play("provision", "--check")
    assert check.code == 0, check.output
    assert site.sql("SELECT 1 FROM pg_tables WHERE schemaname = 'voipbox'") == []
    run = least.play("provision")
    assert run.code == 0, run.output
    again = least.play("provision")
    assert again.code == 0, again.output
    assert again.recap("changed") == 0
    for name, arguments in (("verify", ()), ("survey", ()), ("gather", ("-e", f"gather_dir={least.folder / 'gathered'}"))):
        told = least.play(name, *arguments)
        assert told.code == 0, told.output
    folders = [path for path in Path(site.lab.voicemail_dir, "default", DOMAIN).rglob("*") if path.is_dir()]
    assert len(folders) == 2
    for folder in (Path(site.lab.recordings_dir, DOMAIN), Path(site.lab.voicemail_dir, "default", DOMAIN), *folders):
        status = folder.stat()
        assert status.st_mode & 0o770 == 0o770, folder
        if os.geteuid() == 0:
            assert (status.st_gid, bool(status.st_mode & stat.S_ISGID)) == (SHARED, True), folder
    if os.geteuid() == 0:
        os.chown(folders[0], ANSIBLE, ANSIBLE)
        told = least.play("verify")
        assert told.code != 0
        assert f"may not write in {folders[0]}" in told.text
        os.chown(folders[0], ANSIBLE, SHARED)
    assert least.play("deprovision", "-e", f"confirm={DOMAIN}").code == 0


def test_a_check_predicts_that_the_outbox_cannot_be_made(least):
    site = least.site
    name = site.sql("SELECT current_database() AS name")[0]["name"]
    with site.lab._postgres.admin(site.lab._state().postgres_port, name) as cursor:
        cursor.execute("DROP SCHEMA voipbox CASCADE")
    for arguments in (["--check"], []):
        run = least.play("provision", *arguments)
        assert run.code != 0
        assert "This role may not make the schema voipbox. Nothing was written." in run.text
    assert site.sql("SELECT 1 FROM v_domains WHERE domain_name = %s", DOMAIN) == []
