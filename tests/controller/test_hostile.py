"""Hostile text in every field of an order: through API, runner, PBX and mail it is kept literally or refused by name."""

from __future__ import annotations

import email
import email.policy
import itertools
import json
import re

import bcrypt
import psycopg2
import pytest
from django.test import Client
from psycopg2.extras import RealDictCursor
from voipbox.api import accounts
from voipbox.core.people import operator_of_this_machine
from voipbox.orders.models import Order

from tests.controller.fixtures import order_data
from tests.controller.installation import Installation

pytestmark = pytest.mark.long(26)

MARK = "executed-7f3a"
NOTHING_LIKE_IT = "0123456789 QZXJKVBWGFUY 9876543210"  # a password is refused that is too like the names beside it
TEXTS = {
    "jinja": "{{ lookup('pipe', 'touch MARK') }}{% set x = 7 %}{{ 7 * 7 }}",
    "shell": "$(touch MARK) `touch MARK`; touch MARK & | ${IFS}'\"",
    "xml": "</extension><action application=\"system\" data='touch MARK'/>]]><!-- & -->",
    "sql": "'; DROP TABLE v_domains; --\\' $$ E'\\x00' %s %(a)s",
    "yaml": "!!python/object/apply:os.system ['touch MARK']",
    "unsafe": "!unsafe {{ omit }} *alias &anchor # comment: yes",
}
INVISIBLE = {
    "line": "a\nb: c", "null": "a\x00b", "escape": "a\x1b[31m", "bidi": "a\u202eb", "isolate": "a\u2066b", "feed": "a\u2028b",
}  # fmt: skip
FIELDS = (
    "company", "contact", "email", "phone", "number", "domain", "reference", "server", "term", "client", "items[0].product",
    "admin.username", "admin.password", "admin.email", "admin.group", "admin.time_zone", "admin.language", "trunk.username",
    "trunk.password", "extensions[0].name", "extensions[0].email", "extensions[0].password", "extensions[0].voicemail_password",
    "extensions[0].toll_allow[0]",
)  # fmt: skip
LITERAL = {"company", "contact", "admin.password", "extensions[0].name"}


def with_field(field, text):
    """An order with a text in one field."""
    data = {**order_data(), "extensions": [{"number": "1001"}], "admin": {}}
    place, steps = data, field.replace("]", "").replace("[", ".").split(".")
    for step, following in itertools.pairwise(steps):
        key = int(step) if step.isdigit() else step
        if not isinstance(key, int):
            place.setdefault(key, [] if following.isdigit() else {})
        place = place[key]
    last = int(steps[-1]) if steps[-1].isdigit() else steps[-1]
    if last == 0:
        place.append(text)
    else:
        place[last] = text
    return data


@pytest.fixture
def robot(catalog):
    token = accounts.add_token("robot", ["orders:place"], None, None, operator_of_this_machine())[1]
    client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {token}"})

    def post(data):
        answer = client.post("/api/v1/orders", json.dumps(data), content_type="application/json")
        return answer.status_code, answer.json()

    return post


@pytest.mark.parametrize("field", FIELDS)
def test_each_field_keeps_it_literally_or_refuses_it_by_name(robot, field):
    for text in (TEXTS | INVISIBLE).values():
        status, body = robot(with_field(field, text[:60]))
        if status == 201:
            assert field in LITERAL and text not in INVISIBLE.values(), text
            row = Order.objects.latest("id")
            kept = {
                "company": row.company, "contact": row.contact, "admin.password": row.secrets["admin_password"],
                "extensions[0].name": row.extensions[0].get("name"),
            }  # fmt: skip
            assert kept[field] == text[:60]
        else:
            assert status == 422, (text, body)
            assert [fault["field"] for fault in body["faults"]] == [field], (text, body)
            assert MARK not in json.dumps(body)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    installation = Installation(tmp_path_factory.mktemp("hostile")).start()
    installation.daemon()
    yield installation
    installation.stop()


def test_runner_pbx_and_mail_keep_it_literally_and_execute_nothing(home):
    mark = home.folder / MARK
    texts = {name: text.replace("touch MARK", f"touch {mark}") for name, text in TEXTS.items()}
    orders = [
        order_data(
            company=text[:100].strip(), contact=f"{name} {text}"[:60].strip(), domain=f"{name}.pbx-1.example.com",
            items=[{"product": "canada-number"}, {"product": "office-5"}],
            admin={"password": f"Aa1 {text[:30]} {NOTHING_LIKE_IT}"[:70].strip()},
            extensions=[{"number": "1001", "name": re.sub(r'[$"\\]', "", text)[:60].strip()}],
        )
        for name, text in texts.items()
    ]  # fmt: skip
    home.place(*orders)
    home.approve_all()
    home.wait(home.settled, 300)
    assert home.sql("SELECT domain, reason FROM orders_order WHERE status <> 'completed'") == []
    with psycopg2.connect(home.labs[0].dsn) as connection, connection.cursor(cursor_factory=RealDictCursor) as cursor:
        for order in orders:
            cursor.execute("SELECT * FROM v_domains WHERE domain_name = %s", [order["domain"]])
            (domain,) = cursor.fetchall()
            assert domain["domain_description"] == order["company"]
            cursor.execute("SELECT * FROM v_extensions WHERE domain_uuid = %s AND extension = '1001'", [domain["domain_uuid"]])
            assert order["extensions"][0]["name"] in cursor.fetchone().values()
            cursor.execute("SELECT password FROM v_users WHERE domain_uuid = %s", [domain["domain_uuid"]])
            hashed = cursor.fetchone()["password"].replace("$2y$", "$2b$", 1)
            assert bcrypt.checkpw(order["admin"]["password"].encode(), hashed.encode())
    paths = (home.state / "mail").glob("*.eml")
    mails = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in paths]
    words = [" ".join(mail.get_body(("plain",)).get_content().split()) for mail in mails]
    for order in orders:
        assert sum(" ".join(order["company"].split()) in text for text in words) >= 1, order["company"]
        for mail in mails:
            html = mail.get_body(("html",)).get_content()
            assert "</extension><action" not in html and "<!--" not in html.split("<body", 1)[-1]
    assert not list(home.folder.rglob(f"*{MARK}*"))
    assert home.sql("SELECT count(*) FROM provisioning_run WHERE state = 'succeeded'")[0][0] >= 1
