"""The order page and the acts on it."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.django_db


@pytest.fixture
def run_of(place: Any):
    """A run that holds one order and printed two lines: run_of(order, state)."""
    from voipbox.core import clock
    from voipbox.provisioning.models import Run, RunEvent, RunOrder

    def make(order: Any, state: str = "running") -> Any:
        run = Run.objects.create(server=order.server, started_at=clock.now(), state=state, phase="Converge domains")
        RunOrder.objects.create(run=run, order=order)
        for counter in (1, 2):
            RunEvent.objects.create(run=run, counter=counter, at=clock.now(), kind="verbose", stdout=f"<b>line {counter}</b>")
        return run

    return make


def test_the_page_tells_all(browse: Any, place: Any, run_of: Any) -> None:
    order = place(company="Harbour & Sons")
    run = run_of(order, "failed")
    page = browse("bob").get(f"/staff/orders/{order.pk}/").text
    for text in (
        "Harbour &amp; Sons",
        order.domain,
        order.number,
        "waits for somebody to approve it",
        "Items and prices",
        "Plan",
        "What happened",
        "Copy as Ansible",
        "ansible-playbook -i hosts.yml",
        f"/staff/runs/{run.pk}/",
        "Mails",
        "Notes",
    ):
        assert text in page, text
    assert "&lt;b&gt;line 1&lt;/b&gt;" in page


def test_no_secret_stands_on_the_page(browse: Any, place: Any) -> None:
    order = place(admin={"password": "Wanderer-42-Lamp"})
    for who in ("bob", "dora", "eve"):
        page = browse(who).get(f"/staff/orders/{order.pk}/").text
        assert "Wanderer-42-Lamp" not in page and "Example-Trunk-1" not in page
        assert all(entry["password"] not in page for entry in order.secrets["extensions"].values())


@pytest.mark.parametrize(("who", "status"), [("", 302), ("alice", 403)])
def test_the_wrong_person_sees_nothing(browse: Any, place: Any, run_of: Any, who: str, status: int) -> None:
    order = place(actor="alice", company="Secret Harbour")
    run, mail = run_of(order), order.mails.first()
    client = browse(who)
    for path in (
        f"orders/{order.pk}/",
        "runs/",
        f"runs/{run.pk}/",
        f"runs/{run.pk}/output/",
        f"mails/{mail.pk}/",
        f"mails/{mail.pk}/framed/",
        f"orders/{order.pk}/amend/",
        f"orders/{order.pk}/number/",
        f"orders/{order.pk}/registration/",
    ):
        answer = client.get(f"/staff/{path}")
        assert answer.status_code == status, path
        assert "Secret Harbour" not in answer.text and "line 1" not in answer.text


_ACTS = (
    "note/",
    "plan/",
    "amend/",
    "link/",
    "link/revoke/",
    "tenant-file/",
    "moves/approve/",
    "number/",
    "number/place/",
    "registration/",
    "registration/review/",
    "registration/submit/",
    "registration/send/",
    "registration/portal/",
    "registration/again/",
    "registration/look/",
    "documents/",
    "documents/1/",
    "documents/1/remove/",
    "purchases/1/settle/",
)


@pytest.mark.parametrize(("who", "status"), [("", 302), ("alice", 403), ("eve", 403)])
def test_the_wrong_person_acts_on_nothing(browse: Any, place: Any, run_of: Any, who: str, status: int) -> None:
    order = place(actor="alice")
    run, mail = run_of(order), order.mails.first()
    client = browse(who)
    paths = [f"orders/{order.pk}/{act}" for act in _ACTS] + [f"runs/{run.pk}/cancel/", f"mails/{mail.pk}/resend/"]
    for path in paths:
        assert client.post(f"/staff/{path}", {"text": "x", "reason": "because"}).status_code == status, path
    order.refresh_from_db()
    run.refresh_from_db()
    assert order.status == "pending" and order.audit.count() == 1 and order.notes.count() == 0 and order.plans.count() == 0
    assert run.cancelled_by == "" and order.mails.count() == 1


def test_what_is_not_there_is_404(browse: Any, place: Any) -> None:
    place()
    for path in ("orders/999999/", "orders/99999999999999999999/", "runs/999/", "mails/999/", "orders/999999/amend/"):
        assert browse("bob").get(f"/staff/{path}").status_code == 404, path


def test_output_goes_on_after_the_last_line_and_ends_with_286(browse: Any, place: Any, run_of: Any) -> None:
    run, bob = run_of(place()), browse("bob")
    first = bob.get(f"/staff/runs/{run.pk}/output/?after=0")
    assert first.status_code == 200 and "line 1" in first.text and "after=2" in first.text
    again = bob.get(f"/staff/runs/{run.pk}/output/?after=1")
    assert "line 1" not in again.text and "line 2" in again.text
    nothing = bob.get(f"/staff/runs/{run.pk}/output/?after=2")
    assert nothing.status_code == 200 and "line" not in nothing.text and "after=2" in nothing.text
    run.state = "succeeded"
    run.save()
    last = bob.get(f"/staff/runs/{run.pk}/output/?after=1")
    assert last.status_code == 286 and "line 2" in last.text and "hx-get" not in last.text


def test_a_run_is_stopped(browse: Any, place: Any, run_of: Any) -> None:
    run, bob = run_of(place()), browse("bob")
    bob.post(f"/staff/runs/{run.pk}/cancel/")
    run.refresh_from_db()
    assert run.cancelled_by == "bob@people.example"
    assert "Nothing was changed" in bob.post(f"/staff/runs/{run.pk}/cancel/", follow=True).text


def test_notes(browse: Any, place: Any) -> None:
    order, bob = place(), browse("bob")
    page = bob.post(f"/staff/orders/{order.pk}/note/", {"text": "call <script>alert(1)</script> back"}, follow=True).text
    assert "call &lt;script&gt;" in page and "<script>alert" not in page
    assert "was not written" in bob.post(f"/staff/orders/{order.pk}/note/", {"text": " "}, follow=True).text
    assert order.notes.count() == 1


def amended(order: Any, **changes: str) -> dict[str, str]:
    """The form of the page with some fields changed."""
    from voipbox.pages.staff.order_acts import _present

    return {**_present(order), **{name.replace("__", "."): value for name, value in changes.items()}}


def test_amending_changes_what_differs(browse: Any, place: Any) -> None:
    order, bob = place(), browse("bob")
    assert f'value="{order.domain}"' in bob.get(f"/staff/orders/{order.pk}/amend/").text
    form = amended(order, company="Harbour Ltd", seats="8", admin__email="chief@harbour.example", reason="a typing error")
    assert bob.post(f"/staff/orders/{order.pk}/amend/", form).status_code == 302
    order.refresh_from_db()
    assert (order.company, order.seats, order.admin_email) == ("Harbour Ltd", 8, "chief@harbour.example")
    event = order.audit.last()
    assert (event.action, event.reason) == ("amend", "a typing error")
    assert "password" not in str(event.after).lower().replace("credentials", "") or event.after


def test_amending_names_each_wrong_field(browse: Any, place: Any) -> None:
    other, order, bob = place(), place(), browse("bob")
    form = amended(order, email="nobody", domain=other.domain, seats="many", reason="a typing error")
    answer = bob.post(f"/staff/orders/{order.pk}/amend/", form)
    assert answer.status_code == 422
    assert answer.text.count("is-invalid") >= 2 and 'value="nobody"' in answer.text
    assert bob.post(f"/staff/orders/{order.pk}/amend/", amended(order, company="X", reason=" ")).status_code == 422
    order.refresh_from_db()
    assert order.version == 1


def test_a_plan_is_asked_for_once(browse: Any, place: Any) -> None:
    order, bob = place(), browse("bob")
    bob.post(f"/staff/orders/{order.pk}/plan/")
    page = bob.post(f"/staff/orders/{order.pk}/plan/", follow=True).text
    assert order.plans.count() == 1 and "it waits for the daemon" in page


def test_a_plan_shows_what_would_be(browse: Any, place: Any) -> None:
    from voipbox.core import clock
    from voipbox.provisioning.models import Plan

    order = place()
    answer = {"created": ["domain acme", "extension 1001"], "updated": [], "removed": [], "warnings": ["<b>mind</b>"]}
    Plan.objects.create(
        order=order, version=1, state="ready", asked_by="bob", asked_at=clock.now(), finished_at=clock.now(), answer=answer
    )
    page = browse("eve").get(f"/staff/orders/{order.pk}/").text
    assert "Would be created (2)" in page and "extension 1001" in page and "&lt;b&gt;mind" in page
    assert "changed since" not in page
    bob = browse("bob")
    bob.post(f"/staff/orders/{order.pk}/moves/approve/")
    assert "changed since" not in bob.get(f"/staff/orders/{order.pk}/").text
    other = place()
    Plan.objects.update(order=other, asked_at=clock.now())
    bob.post(f"/staff/orders/{other.pk}/amend/", amended(other, company="Harbour Ltd", reason="a typing error"))
    assert "The order changed since" in bob.get(f"/staff/orders/{other.pk}/").text


def test_the_link_to_credentials_is_shown_once(browse: Any, place: Any) -> None:
    from voipbox.orders.models import Order

    order, bob = place(), browse("bob")
    assert "there are credentials once it is completed" in bob.post(f"/staff/orders/{order.pk}/link/", follow=True).text
    Order.objects.filter(pk=order.pk).update(status="completed")
    page = bob.post(f"/staff/orders/{order.pk}/link/", follow=True).text
    link = page.split('id="new-link">')[1].split("<")[0]
    assert "/credentials/" in link
    assert link not in bob.get(f"/staff/orders/{order.pk}/").text
    assert "1 link stopped working" in bob.post(f"/staff/orders/{order.pk}/link/revoke/", follow=True).text


def test_the_tenant_file_with_passwords_is_noted(browse: Any, place: Any) -> None:
    order = place()
    answer = browse("bob").post(f"/staff/orders/{order.pk}/tenant-file/")
    assert "attachment" in answer.headers["Content-Disposition"] and "Example-Trunk-1" in answer.text
    assert order.audit.last().action == "export_secrets"


def test_mails_are_shown_and_sent_again(browse: Any, place: Any) -> None:
    from voipbox.orders.models import Mail

    order, bob = place(company="<i>Acme</i>"), browse("bob")
    mail = order.mails.first()
    page = bob.get(f"/staff/mails/{mail.pk}/")
    assert "Order confirmation" in page.text and "<i>Acme" not in page.text
    framed = bob.get(f"/staff/mails/{mail.pk}/framed/")
    assert framed.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert framed.headers["X-Frame-Options"] == "SAMEORIGIN" and "<i>Acme" not in framed.text
    assert "still on its way" in bob.post(f"/staff/mails/{mail.pk}/resend/", follow=True).text
    Mail.objects.update(state="sent")
    bob.post(f"/staff/mails/{mail.pk}/resend/")
    assert order.mails.count() == 2


def test_regulated_orders_show_their_review(browse: Any, regulated: Any) -> None:
    order = regulated()
    page = browse("bob").get(f"/staff/orders/{order.pk}/").text
    assert "Regulatory review" in page and ">Regulatory<" in page


def test_a_correction_is_chosen_from_lists(browse: Any, place: Any) -> None:
    order = place("alice")
    page = browse("bob").get(f"/staff/orders/{order.pk}/amend/").text
    for name, value in (("admin.time_zone", "Europe/Berlin"), ("admin.language", "de-de"), ("admin.group", "user")):
        chooser = page.split(f'name="{name}"')[1].split("</select>")[0]
        assert f'<option value="{value}"' in chooser, name
    assert 'value="superadmin"' not in page
    form = amended(order, domain="www.bigbank.example", first_extension="911", admin__time_zone="Mars", reason="x")
    answer = browse("bob").post(f"/staff/orders/{order.pk}/amend/", form)
    assert answer.status_code == 422 and "no time zone" in answer.text
    answer = browse("bob").post(f"/staff/orders/{order.pk}/amend/", {**form, "admin.time_zone": "Europe/Berlin"})
    assert answer.status_code == 422 and "for an administrator" in answer.text
