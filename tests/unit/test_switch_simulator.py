"""The lab's switch answers as a FreeSWITCH under FusionPBX was seen to answer, byte for byte, its traps included."""

from __future__ import annotations

import re
import socket
import time

import psycopg2
import pytest
from voipbox_lab.lab import Lab
from voipbox_lab.switch.control import SwitchControl

NOBODY = "00000000-0000-4000-8000-000000000000"
GATEWAY = "11111111-1111-4111-8111-111111111111"
RELOADED = "Reload XML [Success]\n"
DROP = "lua ~local c = require 'resources.functions.cache'; stream:write(tostring(c.del('{0}')))"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with Lab(tmp_path_factory.mktemp("lab"), time_factor=0.1) as made:
        yield made


@pytest.fixture
def control(lab):
    control = SwitchControl(str(lab.control))
    control.clear_faults()
    yield control
    control.clear_faults()
    control.forget()


class Client:
    """A bare event-socket client: sends text, reads heads and bodies as they come."""

    def __init__(self, lab, password=None):
        self.socket = socket.create_connection((lab.event_socket.host, lab.event_socket.port), timeout=10)
        self.file = self.socket.makefile("rb")
        self.greeting = self.read()
        if password is None:
            self.send("auth " + lab.event_socket.password)
            assert self.read() == ("Content-Type: command/reply\nReply-Text: +OK accepted", None)

    def send(self, text, end="\n\n"):
        self.socket.sendall((text + end).encode())

    def read(self):
        head = b""
        while not head.endswith(b"\n\n"):
            part = self.file.readline()
            if not part:
                return "", None
            head += part
        length = re.search(rb"Content-Length: (\d+)", head)
        body = self.file.read(int(length.group(1))).decode() if length else None
        return head.decode().strip(), body

    def api(self, command):
        self.send("api " + command)
        head, body = self.read()
        assert head == f"Content-Type: api/response\nContent-Length: {len(body.encode())}"
        return body


@pytest.fixture
def client(lab, control):
    return Client(lab)


def ask(lab, query, *parameters):
    with psycopg2.connect(lab.dsn) as connection, connection.cursor() as cursor:
        cursor.execute(query, parameters)


@pytest.fixture
def row(lab):
    """A gateway's row with good credentials, gone again afterwards."""
    ask(
        lab,
        "INSERT INTO v_gateways (gateway_uuid, gateway, username, password, proxy, register, expire_seconds, retry_seconds, "
        "context, profile, enabled) VALUES (%s, 'g', 'user', 'pw', 'p.example', true, 800, 30, 'public', 'external', true)",
        GATEWAY,
    )
    yield
    ask(lab, "DELETE FROM v_gateways WHERE gateway_uuid = %s", GATEWAY)


def load(lab, client):
    drop(lab)
    assert client.api("sofia profile external rescan") == RELOADED + "+OK scan complete\n"


def drop(lab):
    for file in lab.cache_dir.glob("*.configuration.sofia.conf"):
        file.unlink()


def state(client):
    found = re.search(r"<state>(\w+)</state>", client.api(f"sofia xmlstatus gateway {GATEWAY}"))
    return found.group(1) if found else None


def wait_for(client, wanted, seconds=5.0):
    deadline = time.monotonic() + seconds
    while state(client) != wanted and time.monotonic() < deadline:
        time.sleep(0.005)
    return state(client)


def test_greeting_refusals_and_words_before_auth(lab):
    client = Client(lab, password="")
    assert client.greeting == ("Content-Type: auth/request", None)
    client.send("api status")
    assert client.read() == ("Content-Type: command/reply\nReply-Text: -ERR command not found", None)
    for words in ("auth nope", "userauth 1001@nosuch:pw", "auth "):
        client = Client(lab, password="")
        client.send(words)
        assert client.read() == ("Content-Type: command/reply\nReply-Text: -ERR invalid", None)
        notice = "Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n"
        assert client.read() == ("Content-Type: text/disconnect-notice\nContent-Length: 67", notice)
        assert client.read() == ("", None)


COMMANDS = {
    "nosuchcommand": "-ERR command not found",
    "api": "-ERR command not found",
    "  api hostname": "-ERR command not found",
    "noevents": "-ERR not listening for events",
    "event plain NOSUCHEVENT": "-ERR no keywords supplied",
    "nolog": "-ERR not loging",
    "event plain BACKGROUND_JOB": "+OK event listener enabled plain",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_commands(client, command):
    client.send(command)
    assert client.read() == (f"Content-Type: command/reply\nReply-Text: {COMMANDS[command]}", None)


ANSWERS = {
    "nosuchapi": "-ERR nosuchapi Command not found!\n",
    "": "-ERR  Command not found!\n",
    "memcache flush": "-ERR memcache Command not found!\n",
    "system true": "-ERR system Command not found!\n",
    "global_getvar nosuchvar": "-ERR no reply\n",
    "module_exists mod_sofia": "true",
    "module_exists mod_nosuch": "false",
    "load mod_nosuch": "+OK Reloading XML\n-ERR [module load file routine returned an error]\n",
    "show registrations as json": '{"row_count": 0}\n',
    "show channels as json": '{"row_count": 0}\n',
    "show channels count": "\n0 total.\n",
    "reloadxml": "+OK [Success]\n",
    "reloadacl": "+OK acl reloaded\n",
    "acl 192.0.2.1 providers": "false",
    "acl 127.0.0.1 nosuch": "false",
    "acl 192.0.2.65 domains": "true",
    "user_exists id 1001 neighbour.lab.example": "true",
    "user_exists id 1999 neighbour.lab.example": "false",
    "user_exists id 1001 nosuch.example.com": "false",
    "user_data 1999@neighbour.lab.example var user_context": "-ERR no reply\n",
    "sofia_contact 1001@neighbour.lab.example": "error/user_not_registered",
    "originate sofia/gateway/nosuch/15551234567 &park": "-ERR INVALID_GATEWAY\n",
    "sofia nosuch": "Unknown Command [nosuch]\n",
    f"sofia status gateway {NOBODY}": "Invalid Gateway!\n",
    f"sofia xmlstatus gateway {NOBODY}": "Invalid Gateway!\n",
    "sofia status profile nosuch": "Invalid Profile!\n",
    "sofia xmlstatus profile nosuch": "Invalid Profile!\n",
    "sofia xmlstatus profile 'internal' reg": (
        '<?xml version="1.0" encoding="ISO-8859-1"?>\n<profile>\n  <registrations>\n  </registrations>\n</profile>\n'
    ),
    "sofia profile external": "Invalid Args!\n",
    "sofia profile nosuch rescan": "Invalid Profile [nosuch]",
    "sofia profile external nosuch": "-ERR Unknown command!\n",
    "sofia profile external rescan": RELOADED + "+OK scan complete\n",
    f"sofia profile external killgw {NOBODY}": "-ERR no such gateway.\n",
    "sofia profile external killgw": "-ERR missing gw name\n",
    f"sofia profile external startgw {NOBODY}": f"{RELOADED}+OK start gateway {NOBODY} complete\n",
    f"sofia profile external register {NOBODY}": "Invalid gateway!\n",
    f"sofia profile external unregister {NOBODY}": "Invalid gateway!\n",
    f"sofia profile nosuch killgw {NOBODY}": "Invalid Profile [nosuch]",
    'luarun ~freeswitch.consoleLog("info","x")': "+OK\n",
    "lua ~nosuch()": "-ERR Cannot execute script\n",
    DROP.format("vm:no-such-key"): "true",
    "xml_locate configuration configuration name nosuch.conf": "can't find anything\n",
    "regex +14165550100|^\\+?1?(4165550100)$": "true",
    "regex m:~911~(^911$|^933$)": "true",
    "regex m:~9110~(^911$|^933$)": "false",
}


@pytest.mark.parametrize("command", ANSWERS)
def test_api_answers(client, command):
    assert client.api(command) == ANSWERS[command]


def test_requests_may_be_pipelined_split_and_have_other_line_ends(client):
    client.send("api module_exists mod_lua\n\nAPI acl 192.0.2.1 providers\nX-Ignored: 1\n\napi module_exists mod_lua", "\r\n\r\n")
    assert [client.read()[1] for _ in range(3)] == ["true", "false", "true"]
    for part in ("api mod", "ule_exists", " mod_lua\n", "\n"):
        client.socket.sendall(part.encode())
        time.sleep(0.01)
    assert client.read()[1] == "true"


def test_background_jobs_answer_at_once_and_tell_later(client):
    client.send("event plain BACKGROUND_JOB")
    client.read()
    uuid = "99999999-9999-4999-8999-999999999999"
    client.send(f"bgapi nosuchapi\nJob-UUID: {uuid}")
    assert client.read()[0].endswith(f"Reply-Text: +OK Job-UUID: {uuid}\nJob-UUID: {uuid}")
    head, body = client.read()
    assert "text/event-plain" in head
    assert body.endswith("Content-Length: 34\n\n-ERR nosuchapi Command not found!\n")


def test_rescan_only_adds_and_only_what_is_cached(lab, client, row):
    assert client.api("sofia profile external rescan") == RELOADED + "+OK scan complete\n"
    assert state(client) is None
    load(lab, client)
    assert state(client) == "UNREGED"
    assert wait_for(client, "REGED") == "REGED"
    ask(lab, "UPDATE v_gateways SET username = 'other' WHERE gateway_uuid = %s", GATEWAY)
    load(lab, client)
    assert "<username>user</username>" in client.api(f"sofia xmlstatus gateway {GATEWAY}")
    ask(lab, "DELETE FROM v_gateways WHERE gateway_uuid = %s", GATEWAY)
    load(lab, client)
    assert state(client) == "REGED"


def test_a_killed_gateway_is_unknown_at_once_and_listed_a_while(lab, client, row):
    load(lab, client)
    wait_for(client, "REGED")
    assert client.api(f"sofia profile external killgw {GATEWAY}") == "+OK gateway marked for deletion.\n"
    assert client.api(f"sofia xmlstatus gateway {GATEWAY}") == "Invalid Gateway!\n"
    assert GATEWAY in client.api("sofia status")
    time.sleep(0.3)
    assert GATEWAY not in client.api("sofia status")


@pytest.mark.parametrize(("behaviour", "reached"), [("wrong_password", "FAIL_WAIT"), ("503", "FAIL_WAIT"), ("silent", "TRYING")])
def test_a_provider_that_does_not_take_the_registration(lab, client, control, row, behaviour, reached):
    control.provider("p.example", behaviour)
    load(lab, client)
    assert wait_for(client, reached) == reached
    answer = client.api(f"sofia xmlstatus gateway {GATEWAY}")
    assert "<status>DOWN</status>" in answer


def test_a_password_that_the_xml_alters_is_refused(lab, client, row):
    ask(lab, "UPDATE v_gateways SET password = 'ca$h' WHERE gateway_uuid = %s", GATEWAY)
    load(lab, client)
    assert wait_for(client, "FAIL_WAIT") == "FAIL_WAIT"


def test_no_registration_is_ready_at_once(lab, client, row):
    ask(lab, "UPDATE v_gateways SET register = false WHERE gateway_uuid = %s", GATEWAY)
    load(lab, client)
    assert state(client) == "NOREG"
    answer = client.api(f"sofia profile external register {GATEWAY}")
    assert answer == f"-ERR NOREG gateway [{GATEWAY}] can't be registered!\n"


def test_listeners_hear_of_a_gateway_s_life(lab, client, row):
    time.sleep(0.2)  # what an earlier test loaded has been told to be gone
    listener = Client(lab)
    listener.send("event plain CUSTOM sofia::gateway_state sofia::gateway_add sofia::gateway_delete")
    listener.read()
    load(lab, client)
    bodies = []
    while not any("State: REGED" in body for body in bodies):
        bodies.append(listener.read()[1])
    assert "Event-Subclass: sofia%3A%3Agateway_add" in bodies[0]
    assert f"Gateway: {GATEWAY}" in bodies[0]


def test_plus_ok_that_is_none(client, control):
    control.fault("xml_error", times=2, line=4341)
    assert client.api("reloadxml").startswith("+OK [[error near line 4341]:")
    answer = client.api("sofia profile external rescan")
    assert answer.startswith("Reload XML [[error near line 4341]:")
    assert answer.endswith("+OK scan complete\n")
    control.fault("cannot_find_config", times=1)
    assert client.api("sofia profile external rescan") == RELOADED + "-ERR cannot find config for profile external\n"


def test_a_restarted_profile_is_away_for_a_while(client):
    assert client.api("sofia profile external restart") == RELOADED + "restarting: external"
    assert client.api("sofia status profile external") == "Invalid Profile!\n"
    assert client.api("sofia profile external rescan") == "Invalid Profile [external]"
    time.sleep(0.3)
    assert client.api("sofia profile external start") == RELOADED + "external started successfully\n"


def test_access_lists_are_loaded_from_the_cache_and_may_come_back_empty(lab, client, control):
    key = lab.cache_dir / "configuration.acl.conf"
    key.unlink(missing_ok=True)
    control.fault("empty_reloadacl")
    assert client.api("reloadacl") == "+OK acl reloaded\n"
    assert client.api("acl 192.0.2.65 domains") == "false"
    client.api("reloadacl")
    assert client.api("acl 192.0.2.65 domains") == "false"
    key.unlink()
    client.api("reloadacl")
    assert client.api("acl 192.0.2.65 domains") == "true"


def test_a_found_extension_is_cached_and_a_miss_is_not(lab, client):
    ask(lab, "UPDATE v_extensions SET enabled = false WHERE extension = '1002'")
    for file in lab.cache_dir.glob("*directory.1002@*"):
        file.unlink()
    assert client.api("user_exists id 1002 neighbour.lab.example") == "false"
    ask(lab, "UPDATE v_extensions SET enabled = true WHERE extension = '1002'")
    assert client.api("user_exists id 1002 neighbour.lab.example") == "true"
    ask(lab, "UPDATE v_extensions SET enabled = false WHERE extension = '1002'")
    assert client.api("user_exists id 1002 neighbour.lab.example") == "true"
    ask(lab, "UPDATE v_extensions SET enabled = true WHERE extension = '1002'")


def test_broken_connections(lab, client, control):
    control.fault("close_mid_body")
    client.send("api status")
    head, body = client.read()
    assert len(body) < int(re.search(r"(\d+)$", head).group(1))
    control.fault("no_answer")
    silent = Client(lab)
    silent.socket.settimeout(0.3)
    silent.send("api hostname")
    with pytest.raises(TimeoutError):
        silent.socket.recv(1)
    control.clear_faults()
    control.fault("refuse_connections")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((lab.event_socket.host, lab.event_socket.port), timeout=2)
    control.clear_faults()
    assert Client(lab).api("module_exists mod_lua") == "true"
    control.fault("rude_rejection", times=1)
    rude = Client(lab, password="")
    assert rude.greeting == ("Content-Type: text/rude-rejection\nContent-Length: 24", "Access Denied, go away.\n")


def test_no_secret_is_in_the_log(lab, client):
    client.api("xml_locate configuration configuration name sofia.conf")
    assert lab.event_socket.password not in (lab.directory / "switch.log").read_text(encoding="utf-8")
