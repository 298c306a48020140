"""Tenant files that ansible-vault encrypted, whole or in single values; where names are looked for; what is no file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible.constants import DEFAULT_VAULT_IDENTITY
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.errors import BadInput
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils import tenant_files

SECRET = "the-vault"
MARK = "CANARY-sip-1"
PLAIN = f'domain: vault.pbx.example.com\nextensions:\n  - {{number: "1001", password: {MARK}}}\n'


def vault_of(*passwords):
    return VaultLib([(DEFAULT_VAULT_IDENTITY, VaultSecret(password.encode())) for password in passwords])


def ansible_vault(folder, *words, text=None):
    password = folder / "password"
    password.write_text(SECRET)
    command = [str(Path(sys.executable).parent / "ansible-vault"), words[0], "--vault-password-file", str(password), *words[1:]]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def test_a_whole_file_is_read_with_the_password_of_the_run(tmp_path):
    path = tmp_path / "whole.yml"
    path.write_text(PLAIN)
    ansible_vault(tmp_path, "encrypt", str(path))
    assert MARK not in path.read_text()
    content = tenant_files.read(str(path), vault_of("another", SECRET))
    assert content["extensions"] == [{"number": "1001", "password": MARK}]
    for vault, words in ((None, "no vault password was given"), (vault_of(), "no vault password"), (vault_of("wrong"), "fits")):
        with pytest.raises(BadInput, match=rf"whole\.yml: is encrypted and cannot be read: .*{words}"):
            tenant_files.read(str(path), vault)


def test_single_values_are_read_in_the_form_that_encrypt_string_prints(tmp_path):
    printed = ansible_vault(tmp_path, "encrypt_string", "--stdin-name", "password", text=MARK)
    path = tmp_path / "inline.yml"
    indented = "\n".join("    " + line for line in printed.strip().splitlines())
    head = 'domain: vault.pbx.example.com\nextensions:\n  - number: "1001"\n'
    path.write_text(f'{head}{indented}\n    name: !unsafe "{{{{ 7 }}}}"\n')
    content = tenant_files.read(str(path), vault_of(SECRET))
    assert content["extensions"] == [{"number": "1001", "password": MARK, "name": "{{ 7 }}"}]
    for vault in (None, vault_of("wrong")):
        with pytest.raises(BadInput, match=r"inline\.yml: .*cannot be decrypted .*line 4"):
            tenant_files.read(str(path), vault)


@pytest.mark.parametrize("text", ["a: !vault [1]", "a: !vault x", "a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  00"])
def test_what_is_marked_and_no_vault_text_is_refused_with_its_place(tmp_path, text):
    path = tmp_path / "odd.yml"
    path.write_text(text + "\n")
    with pytest.raises(BadInput, match=r"odd\.yml: .*line 1"):
        tenant_files.read(str(path), vault_of(SECRET))


def test_a_damaged_file_is_refused(tmp_path):
    path = tmp_path / "damaged.yml"
    path.write_text("$ANSIBLE_VAULT;1.1;AES256\n0011\n")
    with pytest.raises(BadInput, match="damaged"):
        tenant_files.read(str(path), vault_of(SECRET))


def test_pipes_devices_and_folders_hold_nobody_up(tmp_path):
    os.mkfifo(tmp_path / "a-pipe.yml")
    (tmp_path / "b-folder.yml").mkdir()
    (tmp_path / "c-device.yml").symlink_to("/dev/zero")
    (tmp_path / "d-good.yml").write_text("domain: good.pbx.example.com\n")
    found = tenant_files.resolve(str(tmp_path), ["/"])
    assert [Path(path).name[0] for path in found] == list("abcd")
    for path in found[:3]:
        with pytest.raises(BadInput, match="is no ordinary file"):
            tenant_files.read(path)
    assert tenant_files.read(found[3])["domain"] == "good.pbx.example.com"
    with pytest.raises(BadInput, match="is no ordinary file"):
        tenant_files.resolve(found[0], ["/"])


def test_a_file_that_is_too_large_is_refused_before_it_is_read_whole(tmp_path):
    path = tmp_path / "large.yml"
    with path.open("wb") as target:
        target.truncate(5 * 1024 * 1024 * 1024)
    with pytest.raises(BadInput, match="larger than 4 MiB"):
        tenant_files.read(str(path))


def test_aliases_that_stand_for_too_much_are_refused(tmp_path):
    path = tmp_path / "bomb.yml"
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(BadInput, match="aliases"):
        tenant_files.read(str(path))
    path.write_text("a: &a {number: '1'}\nb: *a\n")
    assert tenant_files.read(str(path))["b"] == {"number": "1"}


def test_relative_names_are_looked_for_where_ansible_looks(tmp_path, monkeypatch):
    for folder in ("here", "play/files", "play", "role/files", "base"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(tmp_path / "here")
    action = SimpleNamespace(
        _task=SimpleNamespace(get_search_path=lambda: [str(tmp_path / "role"), str(tmp_path / "play")]),
        _loader=SimpleNamespace(get_basedir=lambda: str(tmp_path / "base")),
    )
    folders = tenant_files.places(action)
    for place in ("base", "play/files", "play", "role/files", "here"):
        (tmp_path / place / "acme.yml").write_text("")
        assert tenant_files.resolve("acme.yml", folders) == [str(tmp_path / place / "acme.yml")]
    with pytest.raises(BadInput, match=r"nowhere\.yml does not exist \(looked for in .*here, .*role"):
        tenant_files.resolve("nowhere.yml", folders)
