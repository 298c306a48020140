"""Runs on a lab PBX: what comes out, what fails alone, what is asked again, and what nobody may see."""

from __future__ import annotations

import re
import subprocess
import time

import bcrypt
import psycopg2
import pytest
import yaml
from voipbox_lab.switch.control import SwitchControl

from tests.controller.fixtures import order_data
from tests.controller.installation import Installation

pytestmark = pytest.mark.long(220)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """One installation with a daemon at work."""
    installation = Installation(tmp_path_factory.mktemp("runs"), run_timeout=40).start()
    installation.daemon()
    yield installation
    installation.stop()


def number_of(home, domain):
    ((number,),) = home.sql("SELECT id FROM orders_order WHERE domain = %s ORDER BY id DESC LIMIT 1", [domain])
    return number


def status_of(home, number):
    return home.sql("SELECT status FROM orders_order WHERE id = %s", [number])[0][0]


def pbx(home, query, parameters=()):
    with psycopg2.connect(home.labs[0].dsn) as connection, connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


def change(home, update, domain, value):
    with psycopg2.connect(home.labs[0].dsn) as connection, connection.cursor() as cursor:
        cursor.execute(
            f"{update} WHERE domain_uuid = (SELECT domain_uuid FROM v_domains WHERE domain_name = %s)", (value, domain)
        )


def signs_in(home, domain, password):
    """Whether FusionPBX would let the tenant's admin in with that password."""
    ((hashed,),) = pbx(
        home, "SELECT u.password FROM v_users u JOIN v_domains d USING (domain_uuid) WHERE d.domain_name = %s", [domain]
    )
    return bcrypt.checkpw(password.encode(), hashed.replace("$2y$", "$2b$", 1).encode())


def order(domain, **changes):
    return order_data(
        domain=f"{domain}.pbx-1.example.com", items=[{"product": "canada-number"}, {"product": "office-5"}], **changes
    )


def test_an_approved_order_becomes_a_tenant_and_tells_its_story(home):
    home.place(order("story", company="Story & Sons"))
    number = number_of(home, "story.pbx-1.example.com")
    home.voipbox("order", "act", str(number), "approve")
    home.wait(lambda: status_of(home, number) == "completed")
    home.wait(home.settled)
    story = home.voipbox("order", "show", str(number)).stdout
    ((uuid,),) = pbx(home, "SELECT domain_uuid::text FROM v_domains WHERE domain_name = 'story.pbx-1.example.com'")
    for words in (
        "Completed",
        "Story & Sons",
        uuid,
        "gateway    maple is REGED",
        "approved -> in_progress in run",
        "welcome to ada@acme.example is sent",
    ):
        assert words in story
    run = re.search(r"in run (\d+)", story)[1]
    followed = home.voipbox("run", "follow", run).stdout
    assert "Tell what became of each tenant" in followed and "story.pbx-1.example.com" in followed and "\x1b" not in followed
    assert "completed" in home.voipbox("run", "show", run).stdout


def test_a_bad_order_fails_alone_with_its_cause_and_is_retried_after_it_was_mended(home):
    taken = pbx(home, "SELECT destination_prefix, destination_number FROM v_destinations LIMIT 1")[0]
    theirs = "+" + (taken[0] or "") + taken[1].lstrip("+")
    home.place(order("bad", number=theirs), order("good"))
    bad, good = number_of(home, "bad.pbx-1.example.com"), number_of(home, "good.pbx-1.example.com")
    home.approve_all()
    home.wait(lambda: status_of(home, bad) == "failed" and status_of(home, good) == "completed")
    story = home.voipbox("order", "show", str(bad)).stdout
    assert "cause: trunk.inbound[0].number" in story and "Possible now: retry, cancel" in story
    assert pbx(home, "SELECT count(*) FROM v_domains WHERE domain_name = 'bad.pbx-1.example.com'") == [(0,)]
    home.voipbox("order", "amend", str(bad), "-", "--reason", "the client meant another number", text="number: '+14165559876'")
    home.voipbox("order", "act", str(bad), "retry")
    home.wait(lambda: status_of(home, bad) == "completed")
    assert home.sql("SELECT kind FROM orders_mail WHERE order_id = %s ORDER BY id", [bad]) == [
        ("confirmation",),
        ("failure",),
        ("corrected",),
        ("welcome",),
    ]


def test_a_provider_that_refuses_the_trunk_fails_the_order_in_plain_words(home):
    control = SwitchControl(str(home.labs[0].control))
    control.provider("toronto.provider1.example", "wrong_password")
    try:
        home.place(order("trunkless"))
        number = number_of(home, "trunkless.pbx-1.example.com")
        home.approve_all()
        home.wait(lambda: status_of(home, number) == "failed")
        ((reason,),) = home.sql("SELECT reason FROM orders_order WHERE id = %s", [number])
        assert "maple" in reason and "FAIL_WAIT" in reason
    finally:
        control.provider("toronto.provider1.example", "good")
    # The tenant is made by then; what the amendment says takes the place of what was written.
    home.voipbox("order", "amend", str(number), "-", "--reason", "told by phone", text="admin: {password: Told-By-Phone-2026}")
    home.voipbox("order", "act", str(number), "retry")
    home.wait(lambda: status_of(home, number) == "completed")
    assert signs_in(home, "trunkless.pbx-1.example.com", "Told-By-Phone-2026")


def test_a_later_run_leaves_the_passwords_that_people_have_chosen(home):
    domain = "chosen.pbx-1.example.com"
    home.place(order("chosen"))
    number = number_of(home, domain)
    home.approve_all()
    home.wait(lambda: status_of(home, number) == "completed")
    chosen = bcrypt.hashpw(b"Chosen-By-Ada-2026", bcrypt.gensalt(4)).decode()
    change(home, "UPDATE v_users SET password = %s", domain, chosen)
    change(home, "UPDATE v_voicemails SET voicemail_password = %s", domain, "909090")
    change(home, "UPDATE v_extensions SET password = %s", domain, "Chosen-Sip-2026")
    # As a re-keyed trunk comes back for its run on the PBX server.
    home.python(
        "from voipbox.core.start import django_ready; django_ready()\n"
        "from voipbox.core import jobs\nfrom voipbox.orders.models import Order\n"
        f"order = Order.objects.get(pk={number})\n"
        "order.secrets = {**order.secrets, 'trunk': {'username': 'again', 'password': 'Rekeyed-Trunk-1'}}\n"
        "order.status, order.step = 'approved', 'provision'\norder.save()\njobs.deploy(order.server_id)\n"
    )
    home.wait(lambda: status_of(home, number) == "completed")
    of_tenant = "JOIN v_domains d USING (domain_uuid) WHERE d.domain_name = %s"
    assert pbx(home, f"SELECT password FROM v_gateways {of_tenant}", [domain]) == [("Rekeyed-Trunk-1",)]
    assert signs_in(home, domain, "Chosen-By-Ada-2026")
    assert set(pbx(home, f"SELECT voicemail_password FROM v_voicemails {of_tenant}", [domain])) == {("909090",)}
    assert set(pbx(home, f"SELECT password FROM v_extensions {of_tenant}", [domain])) == {("Chosen-Sip-2026",)}


def test_a_domain_that_somebody_made_by_hand_is_never_taken_over(home):
    domain = "handmade.pbx-1.example.com"
    pbx_row = "INSERT INTO v_domains (domain_uuid, domain_name, domain_enabled) VALUES (gen_random_uuid(), %s, true) RETURNING 1"
    home.place(order("handmade"))
    pbx(home, pbx_row, [domain])
    number = number_of(home, domain)
    home.approve_all()
    home.wait(lambda: status_of(home, number) == "failed")
    ((reason,),) = home.sql("SELECT reason FROM orders_order WHERE id = %s", [number])
    assert "belongs to something else" in reason
    home.voipbox("server", "survey", "pbx-1")
    done = home.voipbox(
        "order",
        "place",
        "-",
        "--dry-run",
        text=yaml.safe_dump(order_data(domain=domain)),
        check=False,
    )
    assert done.returncode == 1 and "domain: " in done.stderr
    home.voipbox("order", "act", str(number), "cancel", "--reason", "test")


def test_a_server_that_cannot_be_worked_with_is_asked_again_and_then_fails_the_order(home):
    home.labs[0].down()
    try:
        home.place(order("nobody"))
        number = number_of(home, "nobody.pbx-1.example.com")
        home.approve_all()
        home.wait(lambda: status_of(home, number) == "failed", 120)
        ((attempts, reason),) = home.sql("SELECT attempts, reason FROM orders_order WHERE id = %s", [number])
        assert attempts == 3 and "tried 3 times" in reason and "a retry is safe" in reason
    finally:
        home.labs[0].up()
    home.voipbox("order", "act", str(number), "retry")
    home.wait(lambda: status_of(home, number) == "completed")


def test_a_run_can_be_cancelled_and_its_order_retried(home):
    control = SwitchControl(str(home.labs[0].control))
    control.provider("toronto.provider1.example", "silent")
    try:
        home.place(order("slow"))
        number = number_of(home, "slow.pbx-1.example.com")
        home.approve_all()
        home.wait(lambda: status_of(home, number) == "in_progress")
        ((run,),) = home.sql("SELECT id FROM provisioning_run WHERE state = 'running'")
        time.sleep(1.5)
        home.voipbox("run", "cancel", str(run))
        home.wait(lambda: status_of(home, number) == "failed", 20)
        ((state, reason),) = home.sql(
            "SELECT r.state, o.reason FROM provisioning_run r, orders_order o WHERE r.id = %s AND o.id = %s", [run, number]
        )
        assert state == "cancelled" and "was cancelled by" in reason
        again = home.voipbox("run", "cancel", str(run), check=False)
        assert again.returncode == 1 and "cancelled" in again.stderr
    finally:
        control.provider("toronto.provider1.example", "good")

    def retried():
        if status_of(home, number) == "failed":
            home.voipbox("order", "act", str(number), "retry")
        return status_of(home, number) == "completed"

    home.wait(retried)


def test_a_run_by_hand_changes_nothing_of_what_the_controller_did(home, tmp_path):
    home.place(order("hand"))
    number = number_of(home, "hand.pbx-1.example.com")
    home.approve_all()
    home.wait(lambda: status_of(home, number) == "completed")
    command = home.voipbox("order", "export", str(number), "--dir", str(tmp_path), "--secrets").stdout.splitlines()[-1]
    done = subprocess.run(command.split(), env=home.environment, capture_output=True, text=True, check=False)
    assert re.search(r"pbx-1 .*changed=0 .*failed=0", done.stdout), done.stdout + done.stderr
    # As the head of the file says: encrypted, it is run with the vault's password and nothing else is changed.
    (path,) = (tmp_path / "tenants").rglob("*.yml")
    (tmp_path / "password").write_text("the-vault")
    vault = ["--vault-password-file", str(tmp_path / "password")]
    subprocess.run(["ansible-vault", "encrypt", *vault, str(path)], env=home.environment, check=True, capture_output=True)
    assert path.read_bytes().startswith(b"$ANSIBLE_VAULT")
    done = subprocess.run([*command.split(), *vault], env=home.environment, capture_output=True, text=True, check=False)
    assert re.search(r"pbx-1 .*changed=0 .*failed=0", done.stdout), done.stdout + done.stderr


def test_private_folders_are_gone_and_those_of_killed_runs_are_swept(home):
    home.wait(home.settled)
    assert list(home.runs.iterdir()) == []
    left = home.runs / "voipbox-run-killed"
    left.mkdir()
    (left / "lock").touch()
    (left / "secret").write_text("left behind")
    home.place(order("sweeper"))
    home.approve_all()
    home.wait(home.settled)
    assert list(home.runs.iterdir()) == []
