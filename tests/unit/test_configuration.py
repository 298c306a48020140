"""config.conf and what overrides it."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.configuration import Settings
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.errors import EngineError

TEXT = """
# comment
database.0.host = 127.0.0.1
database.0.port = 5432
database.0.name = fusionpbx
database.0.username = fusionpbx
database.0.password = 'se=cret'
document.root = /var/www/fusionpbx
switch.recordings.dir = /var/lib/freeswitch/recordings
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "config.conf"
    path.write_text(TEXT, encoding="utf-8")
    return str(path)


def test_values_come_from_the_file_and_installer_defaults(config):
    settings = Settings({"config_path": config})
    assert settings.database["password"] == "se=cret"
    assert settings.event_socket == {"host": "127.0.0.1", "port": "8021", "password": "ClueCon"}
    assert settings.configured_dirs["recordings"] == "/var/lib/freeswitch/recordings"
    assert settings.cache_dir == "/var/cache/fusionpbx"
    assert settings.allow_superadmin is False


def test_given_options_win(config):
    settings = Settings({"config_path": config, "database": {"host": "db.example", "port": None}, "event_socket": {"port": 8022}})
    assert (settings.database["host"], settings.database["port"]) == ("db.example", "5432")
    assert settings.event_socket["port"] == "8022"


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(EngineError, match="nothing-here"):
        Settings({"config_path": str(tmp_path / "nothing-here")})


def test_a_file_without_a_database_is_refused(tmp_path):
    path = tmp_path / "config.conf"
    path.write_text("document.root = /x\n", encoding="utf-8")
    with pytest.raises(EngineError, match="database"):
        Settings({"config_path": str(path)})


def test_no_file_is_needed_when_the_database_is_given(monkeypatch, tmp_path):
    module = "ansible_collections.voipbox.fusionpbx.plugins.module_utils.configuration.DEFAULT_PATH"
    monkeypatch.setattr(module, str(tmp_path / "missing.conf"))
    settings = Settings({"database": {"host": "db.example", "name": "fusionpbx", "username": "voipbox"}})
    assert settings.database["host"] == "db.example"


@pytest.mark.parametrize(("line", "method"), [("", "auto"), ("cache.method = file", "auto"), ("cache.method = memcache", "lua")])
def test_where_fusionpbx_caches_elsewhere_than_in_files_the_switch_drops_the_keys(config, line, method):
    Path(config).write_text(TEXT + line + "\n", encoding="utf-8")
    assert Settings({"config_path": config}).cache_method == method
    assert Settings({"config_path": config, "cache_method": "files"}).cache_method == "files"
