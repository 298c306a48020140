"""The command `voipbox lab`: exit codes and lines, without starting anything."""

from __future__ import annotations

import builtins
import subprocess
import sys
from pathlib import Path

import pytest
from voipbox import cli
from voipbox_lab import cli as lab_cli
from voipbox_lab.errors import LabError
from voipbox_lab.lab import Lab
from voipbox_lab.layout import Layout, default_directory
from voipbox_lab.provider_lab import ProviderLab


def test_status_of_no_lab_is_3_and_makes_nothing(tmp_path, capsys):
    folder = tmp_path / "lab"
    assert cli.main(["lab", "status", "--dir", str(folder)]) == lab_cli.NOT_RUNNING
    assert "voipbox lab up" in capsys.readouterr().out
    assert not folder.exists()


def test_down_of_no_lab_is_no_error(tmp_path, capsys):
    assert cli.main(["lab", "down", "--dir", str(tmp_path / "lab")]) == 0
    assert "not running" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["up", "reset"])
def test_an_error_is_one_line_and_code_1(tmp_path, capsys, monkeypatch, command):
    def fail(lab):
        raise LabError("It broke. Nothing was done.")

    monkeypatch.setattr(Lab, command, fail)
    assert cli.main(["lab", command, "--dir", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "voipbox lab: It broke. Nothing was done.\n"


def test_a_folder_that_cannot_be_made_is_an_error_that_names_it(tmp_path, capsys):
    (tmp_path / "file").touch()
    assert cli.main(["lab", "up", "--dir", str(tmp_path / "file" / "lab")]) == 1
    assert str(tmp_path / "file" / "lab") in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--shape", "4.4"], ["--time-factor", "0"], ["--time-factor", "x"]])
def test_values_that_make_no_sense_are_refused(arguments, capsys):
    with pytest.raises(SystemExit) as refused:
        cli.main(["lab", "up", *arguments])
    assert refused.value.code == 2
    assert arguments[0] in capsys.readouterr().err


def test_up_passes_its_options_on(tmp_path, monkeypatch, capsys):
    seen = []
    monkeypatch.setattr(lab_cli, "_describe", lambda lab, providers: None)
    monkeypatch.setattr(ProviderLab, "up", lambda providers: False)
    monkeypatch.setattr(Lab, "up", lambda lab: seen.append((lab.directory, lab._shape, lab._time_factor, lab._durable)))
    options = ["--dir", str(tmp_path), "--shape", "5.4", "--time-factor", "0.5", "--no-fsync"]
    assert cli.main(["lab", "up", *options]) == 0
    assert cli.main(["lab", "up", "--dir", str(tmp_path)]) == 0
    assert seen == [(tmp_path, "5.4", 0.5, False), (tmp_path, None, None, None)]


def test_without_the_labs_packages_the_command_says_what_to_install(monkeypatch, capsys):
    real = builtins.__import__

    def refuse(name, *rest):
        if name.startswith("voipbox_lab"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    assert cli.main(["lab", "up", "--shape", "5.4"]) == 1
    assert "voipbox[lab]" in capsys.readouterr().err


def test_help_needs_no_database_server():
    root = Path(__file__).resolve().parents[2]
    code = "import sys; sys.path[:0] = ['controller', 'lab']; from voipbox.cli import main; main(['lab', '--help'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert "status" in done.stdout
    assert done.stderr == ""


def test_the_default_folder_is_the_named_one_or_that_of_the_repository(monkeypatch, tmp_path):
    monkeypatch.setenv("VOIPBOX_LAB_DIR", str(tmp_path))
    assert default_directory() == tmp_path
    monkeypatch.delenv("VOIPBOX_LAB_DIR")
    assert default_directory() == Path(__file__).resolve().parents[2] / ".lab"


def test_the_control_socket_has_a_path_that_the_system_takes(tmp_path):
    assert Layout(Path("/l")).control == Path("/l/switch.sock")
    long = [Layout(Path("/", name * 60)).control for name in ("lab", "bal")]
    assert all(len(str(path)) < 104 for path in long)
    assert long[0] != long[1]
