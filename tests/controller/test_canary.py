"""Marked secrets go through everything: orders, runs, mails, webhooks, pages, API. They must show up nowhere in clear."""

from __future__ import annotations

import base64
import email
import email.policy
import http.server
import re
import threading
import time
from pathlib import Path
from urllib.parse import quote, urljoin

import httpx
import psycopg2
import pytest
from voipbox.api.scopes import SCOPES

from tests.controller.fixtures import order_data
from tests.controller.installation import Installation

pytestmark = pytest.mark.long(46)

ADMIN, TRUNK, SIP, PIN = "Canary-Admin-71ab", "Canary-Trunk-72cd", "Canary-Phone-73ef", "73914682"
HOST, PERSON = "Canary-Host-74gh", "Canary-Person-75ij"
GIVEN = {"admin": ADMIN, "trunk": TRUNK, "extension": SIP, "PIN": PIN, "host variable": HOST, "person": PERSON}
SHOWN = "Canary Visible 70zz"  # a company's name: that it is found proves that the places are looked into
ARTIFACTS = ("artifacts", "env", "project", "inventory")  # of a run's private folder; tenant files and payloads hold secrets
MOST_PAGES = 60


def forms(secret: str) -> set[bytes]:
    """How a secret could be written: plain, quoted for an address, in hex, in base64 at any offset."""
    plain = secret.encode()
    shifted = {base64.b64encode(b"x" * shift + plain)[4 if shift else 0 : -4] for shift in range(3)}
    return {plain, quote(secret, safe="").encode(), plain.hex().encode(), *shifted}


class Watch(threading.Thread):
    """Reads argv and environment of every process and what runs leave in their folders, again and again, until stopped."""

    def __init__(self, runs: Path) -> None:
        super().__init__(daemon=True)
        self.runs, self.over = runs, threading.Event()
        self.seen: dict[str, set[bytes]] = {"argv": set(), "environment": set(), "artifact": set()}

    def run(self) -> None:
        while not self.over.is_set():
            for process in Path("/proc").glob("[0-9]*"):
                if self._take("argv", process / "cmdline"):
                    self._take("environment", process / "environ")
            for folder in self.runs.glob("voipbox-run-*"):
                for part in ARTIFACTS:
                    for path in (folder / part).rglob("*"):
                        self._take("artifact", path)
            time.sleep(0.2)

    def _take(self, name: str, path: Path) -> bool:
        """Keep what stands in a file; False when it was there before, or is gone again."""
        try:
            text = str(path).encode() + b"\n" + path.read_bytes() if path.is_file() else b""
        except OSError:
            return False
        new = text not in self.seen[name]
        self.seen[name].add(text)
        return new


class Listener(http.server.BaseHTTPRequestHandler):
    """Takes webhooks."""

    bodies: list[bytes]

    def do_POST(self) -> None:
        self.bodies.append(str(self.headers).encode() + self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Everything that could be read while orders completed and failed: texts by where they were, and the secrets."""
    home = Installation(tmp_path_factory.mktemp("canary"), webhook_private="true", survey_minutes=1)
    watch = Watch(home.runs)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Here", (Listener,), {"bodies": []}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    watch.start()
    try:
        home.start()
        yield _everything(home, watch, server)
    finally:
        watch.over.set()
        server.shutdown()
        home.stop()


def _everything(home, watch, server):
    secrets = dict(GIVEN)
    home.voipbox("server", "secret", "pbx-1", "ansible_become_password", text=HOST)
    home.voipbox("user", "add", "olga@people.example", "--role", "operator", "--password-stdin", text=PERSON)
    secrets["token"] = home.token(*SCOPES)
    hook = f"http://127.0.0.1:{server.server_address[1]}/hook"
    secrets["webhook"] = home.voipbox("webhook", "add", hook).stdout.strip()
    extensions = [{"number": "1001", "name": "Front desk", "password": SIP, "voicemail_password": PIN}]
    with psycopg2.connect(home.labs[0].dsn) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT destination_prefix, destination_number FROM v_destinations LIMIT 1")
        prefix, taken = cursor.fetchone()

    def marked(name, **changes):
        data = order_data(
            company=SHOWN, domain=f"{name}.pbx-1.example.com", admin={"password": ADMIN}, extensions=extensions,
            trunk={"username": "canary-trunk", "password": TRUNK}, **changes,
        )  # fmt: skip
        return {**data, "items": [{"product": "canada-number"}, {"product": "office-5"}]}

    url = home.web()
    home.daemon()
    token = {"Authorization": f"Bearer {secrets['token']}"}
    with httpx.Client(base_url=f"{url}/api/v1", headers=token, timeout=60) as client:
        refused = client.post("/orders", json=marked("refused", email="x"))
        assert client.post("/orders", json=marked("good")).status_code == 201
        home.place(marked("bad", number="+" + (prefix or "") + taken.lstrip("+")))
        home.approve_all()
        home.wait(lambda: home.statuses() == {"completed": 1, "failed": 1} and home.settled(), 150)
        home.wait(lambda: home.sql("SELECT count(*) FROM orders_webhookdelivery WHERE state <> 'delivered'") == [(0,)])
        ids = [number for (number,) in home.sql("SELECT id FROM orders_order ORDER BY id")]
        answers = [refused.content, *(client.get(path).content for path in _paths(home, ids))]
        shown = client.get(f"/orders/{ids[0]}/tenant-file?secrets=true").text
    assert ADMIN in shown and TRUNK in shown and SIP in shown and PIN in shown
    secrets["link"] = home.voipbox("order", "link", str(ids[0])).stdout.strip().rstrip("/").rsplit("/", 1)[1]
    secrets |= _made(home, ids[0])
    said = home.python(f"from voipbox.cli import main\nfor line in {list(_commands(ids))!r}: main(line.split())")
    return secrets, {
        **{name: list(texts) for name, texts in watch.seen.items()},
        "database": _dump(home),
        "mail": [_read(path) for path in (home.state / "mail").glob("*.eml")],
        "log": [path.read_bytes() for path in [*home.folder.glob("*.log"), *(home.state / "database").glob("*.log")]],
        "webhook": list(server.RequestHandlerClass.bodies),
        "API": answers,
        "page": _pages(url),
        "command line": [said.encode()],
    }


def _made(home, order_id):
    """Passwords that the program made itself: of the other extensions."""
    lines = home.voipbox("order", "export", str(order_id), "--secrets").stdout.splitlines()
    passwords = [line.split(": ", 1)[1].strip("'\"") for line in lines if re.match(r"\s+password: ", line)]
    made = [value for value in passwords if value not in (ADMIN, TRUNK, SIP)]
    assert len(made) == 4
    return {f"made {position}": value for position, value in enumerate(made)}


def _paths(home, ids):
    yield from ("/orders", "/catalog", "/catalog/document", "/runs", "/webhooks", "/health", "/openapi.json")
    for number in ids:
        yield from (f"/orders/{number}{part}" for part in ("", "/audit", "/notes", "/mails", "/tenant-file"))
    yield from (f"/mails/{number}" for (number,) in home.sql("SELECT id FROM orders_mail"))
    for (number,) in home.sql("SELECT id FROM provisioning_run"):
        yield from (f"/runs/{number}", f"/runs/{number}/events")
    yield from (f"/webhooks/{number}/deliveries" for (number,) in home.sql("SELECT id FROM orders_webhookendpoint"))


def _commands(ids):
    yield from ("order list", "mail show 1", "run follow 1", "catalog export", "server list", "token list", "user list", "doctor")
    for number in ids:
        yield from (f"order show {number}", f"order export {number}")


def _dump(home):
    """Every row of every table as text."""
    with home.connect() as connection:
        tables = connection.execute(
            "SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) FROM information_schema.tables "
            "WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        rows = ((table, row[0]) for (table,) in tables for row in connection.execute(f"SELECT t::text FROM {table} t"))
        return [f"{table} {text}".encode() for table, text in rows]


def _read(path):
    """A mail's head and its parts, decoded."""
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    return b"\n".join(
        [str(mail.items()).encode(), *(part.get_payload(decode=True) or b"" for part in mail.walk() if not part.is_multipart())]
    )


def _pages(url):
    """What an operator sees by following every link."""
    texts, waiting, done = [], ["/"], set()
    with httpx.Client(base_url=url, follow_redirects=True, headers={"Referer": url}, timeout=60) as client:
        page = client.get("/sign-in/").text
        mark = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
        fields = {"email": "olga@people.example", "password": PERSON, "csrfmiddlewaretoken": mark}
        assert "Sign in" not in re.findall(r"<title>(.*?)</title>", client.post("/sign-in/", data=fields).text)[0]
        while waiting and len(texts) < MOST_PAGES:
            path = waiting.pop(0)
            if path in done:
                continue
            done.add(path)
            answer = client.get(path)
            texts.append(answer.content)
            if "html" in answer.headers.get("Content-Type", ""):
                links = (urljoin(url + path, link) for link in re.findall(r'href="([^"#]+)"', answer.text))
                waiting += [link.removeprefix(url) for link in links if link.startswith(f"{url}/")]
    return texts


def test_no_secret_shows_up_anywhere(found):
    secrets, places = found
    found_in = {
        (name, place): text[:300]
        for name, secret in secrets.items()
        for form in forms(secret)
        for place, texts in places.items()
        for text in texts
        if form in text
    }
    assert found_in == {}


def test_every_place_was_really_looked_into(found):
    _, places = found
    for place in ("database", "mail", "webhook", "API", "page", "command line"):
        assert any(SHOWN.encode() in text for text in places[place]), place
    assert any(b"ansible-playbook" in text and b"voipbox-run-" in text for text in places["argv"])
    assert any(b"ANSIBLE_LOCAL_TEMP" in text for text in places["environment"])
    assert any(b"provision.yml" in text for text in places["artifact"])
    assert any(b"works" in text for text in places["log"])
    assert any(b"Tell what became of each tenant" in text for text in places["database"])
