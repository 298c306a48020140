"""The settings."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalog")]


def form_of(client: Any, path: str, **changes: str) -> dict[str, Any]:
    """The values that a form shows, with some changed; "" takes a flag away."""
    shown = client.get(path).context["fields"]
    values = {one["field"].name: one["value"] for one in shown if not one["field"].fixed}
    values.update(changes)
    given: dict[str, Any] = {name: value for name, value in values.items() if value != "" or name in changes}
    rows = [line.split("\t") for line in given.pop("prices", "").splitlines()]
    names = ("term", "currency", "setup", "recurring", "state")
    return given | {f"price-{name}": [row[place] for row in rows] for place, name in enumerate(names)}


def test_each_page_opens(browse: Any, place: Any) -> None:
    place()
    dora = browse("dora")
    for path in (
        "",
        "accounts/",
        "servers/",
        "catalog/",
        "mappings/",
        "people/",
        "tokens/",
        "webhooks/",
        "mail-templates/",
        "keys/",
        "doctor/",
        "catalog/product/canada-number/",
        "catalog/bundle/small-office/",
        "catalog/group/numbers/",
        "servers/pbx-one/",
        "accounts/maple/",
        "accounts/new/?driver=didww",
        "mail-templates/welcome/framed/",
    ):
        assert dora.get(f"/staff/settings/{path}").status_code == 200, path


def test_an_account_is_made_with_sealed_credentials(browse: Any) -> None:
    from voipbox.providers.models import ProviderAccount

    dora, path = browse("dora"), "/staff/settings/accounts/new/?driver=didww"
    form = form_of(
        dora,
        path,
        slug="second",
        name="Second",
        sandbox="yes",
        active="yes",
        gateway_proxy="sip.second.example",
        **{"credentials.api_key": "Key-That-Nobody-Sees", "options.base_url": "https://sandbox-api.didww.com/v3"},
    )
    answer = dora.post(path, form)
    assert answer.status_code == 302, answer.context["others"]
    account = ProviderAccount.objects.get(slug="second")
    assert account.credentials["api_key"] == "Key-That-Nobody-Sees" and account.sandbox
    edit = "/staff/settings/accounts/second/"
    for page in (edit, "/staff/settings/accounts/"):
        assert "Key-That-Nobody-Sees" not in dora.get(page).text
    assert dora.post(edit, form_of(dora, edit, name="Second one")).status_code == 302
    account.refresh_from_db()
    assert account.name == "Second one" and account.credentials["api_key"] == "Key-That-Nobody-Sees"


def test_an_account_that_does_not_fit_is_refused_by_field(browse: Any) -> None:
    from voipbox.providers.models import ProviderAccount

    dora, path = browse("dora"), "/staff/settings/accounts/new/?driver=own"
    form = form_of(dora, path, slug="Bad Name", name="x", gateway_proxy="not a host!", gateway_port="99999", outbound="[")
    answer = dora.post(path, form)
    assert answer.status_code == 422 and answer.text.count("is-invalid") >= 1
    form = form_of(dora, path, slug="maple", name="x", gateway_proxy="sip.example.com", channels="5", gateway_port="5060")
    assert "is there already" in dora.post(path, form).text
    assert not ProviderAccount.objects.filter(name="x").exists()


def test_secrets_do_not_come_back_in_a_refused_form(browse: Any) -> None:
    dora, path = browse("dora"), "/staff/settings/accounts/new/?driver=didww"
    answer = dora.post(path, {"slug": "", "credentials.api_key": "Key-That-Nobody-Sees"})
    assert answer.status_code == 422 and "Key-That-Nobody-Sees" not in answer.text


def test_testing_a_connection_tells_why_not(browse: Any) -> None:
    page = browse("bob").post("/staff/settings/accounts/maple/test/", follow=True).text
    assert "Maple Numbers" in page and "alert-danger" in page


def test_a_server_is_changed_and_its_secrets_sealed(browse: Any) -> None:
    from voipbox.catalog.models import PbxServer

    dora, path = browse("dora"), "/staff/settings/servers/pbx-one/"
    form = form_of(
        dora,
        path,
        name="The first",
        host_variables="ansible_host: pbx.example.com",
        secret_name="ansible_become_password",
        secret_value="Sealed-Word-1",
    )
    assert dora.post(path, form).status_code == 302
    server = PbxServer.objects.get(slug="pbx-one")
    assert (server.name, server.host_variables) == ("The first", {"ansible_host": "pbx.example.com"})
    assert server.secret_variables == {"ansible_become_password": "Sealed-Word-1"}
    page = dora.get(path).text
    assert "ansible_become_password" in page and "Sealed-Word-1" not in page
    assert dora.post(path, form_of(dora, path, base_domain="no domain")).status_code == 422
    assert dora.post(path, form_of(dora, path, secret_name="9 lives", secret_value="x")).status_code == 422
    assert (
        dora.post(
            "/staff/settings/servers/new/",
            form_of(
                dora,
                "/staff/settings/servers/new/",
                slug="pbx-three",
                name="Three",
                base_domain="three.example.com",
                active="yes",
            ),
        ).status_code
        == 302
    )


def test_looking_at_servers_asks_the_daemon(browse: Any) -> None:
    from procrastinate.contrib.django.models import ProcrastinateJob
    from voipbox.catalog.models import PbxServer
    from voipbox.core import clock

    from tests.pages.test_following import beat

    bob = browse("bob")
    assert "was asked to look" in bob.post("/staff/settings/servers/look/", follow=True).text
    assert ProcrastinateJob.objects.filter(task_name="voipbox.survey").exists()
    path = "/staff/settings/servers/"
    seen = beat(bob.get(path))
    assert bob.get(path, headers={"X-Beat": seen}).status_code == 204
    PbxServer.objects.filter(slug="pbx-one").update(surveyed_at=clock.now(), survey_error="no route to <b>host</b>")
    assert bob.get(path, headers={"X-Beat": seen}).status_code == 200
    assert "no route to &lt;b&gt;host" in bob.get("/staff/settings/servers/").text


def test_products_bundles_and_groups_are_changed(browse: Any) -> None:
    from voipbox.catalog.models import Bundle, Product, ProductGroup
    from voipbox.orders.models import AuditEvent

    dora = browse("dora")
    path = "/staff/settings/catalog/product/canada-number/"
    assert 'name="price-recurring" value="2.5"' in dora.get(path).text
    changed = "monthly\tUSD\t2\t3.25\tpresent\nannually\tEUR\t0\t30\tpresent"
    assert dora.post(path, form_of(dora, path, name="Canada", prices=changed)).status_code == 302
    product = Product.objects.get(slug="canada-number")
    assert product.name == "Canada" and str(product.prices.get(term__slug="monthly").recurring.normalize()) == "3.25"
    assert AuditEvent.objects.filter(action="change_catalog", actor="dora@people.example").count() == 1
    assert product.prices.filter(term__slug="annually", currency="EUR").exists()
    dora.post(path, form_of(dora, path, prices="annually\tEUR\t0\t30\tabsent"))
    assert not product.prices.filter(currency="EUR").exists() and product.prices.filter(term__slug="monthly").exists()
    path = "/staff/settings/catalog/bundle/small-office/"
    assert dora.post(path, form_of(dora, path, items="office-10 1\ninstant-number 1")).status_code == 302
    assert {item.product.slug for item in Bundle.objects.get(slug="small-office").items.all()} == {"office-10", "instant-number"}
    path = "/staff/settings/catalog/group/new/"
    assert dora.post(path, form_of(dora, path, slug="extras", name="<b>Extras</b>")).status_code == 302
    assert ProductGroup.objects.filter(slug="extras").exists()
    assert "&lt;b&gt;Extras" in dora.get("/staff/settings/catalog/").text


@pytest.mark.parametrize(
    "prices",
    ["monthly USD 1 . present", "never USD 1 2 present", "monthly usd 1 2 present", "monthly USD -1 2 present"],
)
def test_bad_prices_are_refused(browse: Any, prices: str) -> None:
    from voipbox.catalog.models import Price

    before = list(Price.objects.values_list("pk", "setup", "recurring"))
    dora, path = browse("dora"), "/staff/settings/catalog/product/canada-number/"
    assert dora.post(path, form_of(dora, path, prices=prices.replace(" ", "\t"))).status_code == 422
    assert list(Price.objects.values_list("pk", "setup", "recurring")) == before


def test_mappings_by_all_three_methods(browse: Any) -> None:
    from voipbox.catalog.models import Mapping

    dora, put = browse("dora"), "/staff/settings/mappings/put/"
    for kind, slug in (("group", "packages"), ("product", "instant-number"), ("bundle", "small-office")):
        page = dora.post(put, {"kind": kind, "slug": slug, "account": "maple"}, follow=True).text
        assert "is mapped to Maple Numbers" in page
        assert Mapping.objects.get(**{f"{kind}__slug": slug}).account_slug == "maple"
    dora.post(put, {"kind": "product", "slug": "instant-number", "account": ""})
    assert not Mapping.objects.filter(product__slug="instant-number").exists()
    assert dora.post(put, {"kind": "server", "slug": "x", "account": "maple"}, follow=True).status_code == 200
    assert dora.post(put, {"kind": "product", "slug": "nothing", "account": "maple"}).status_code == 404


def test_the_table_of_mappings_is_filtered_and_explains(browse: Any) -> None:
    from voipbox.providers.models import ProviderAccount

    bob = browse("bob")
    page = bob.get("/staff/settings/mappings/").text
    assert ">Mapped<" in page and ">Default<" in page and "The rule of the product canada-number decides" in page
    ProviderAccount.objects.filter(slug="maple").update(active=False)
    page = bob.get("/staff/settings/mappings/?state=Invalid").text
    assert "canada-number" in page and "south-africa-number" not in page and "which is switched off" in page
    assert "canada-number" not in bob.get("/staff/settings/mappings/?q=south&group=numbers&kind=number-second").text


def test_people_are_invited_and_their_sessions_end_with_their_role(browse: Any, people: Any) -> None:
    from voipbox.core.models import User
    from voipbox.orders.models import Mail

    dora, bob = browse("dora"), browse("bob")
    page = dora.post("/staff/settings/people/invite/", {"email": "New@people.example", "role": "operator"}, follow=True).text
    assert "is invited as operator" in page
    assert Mail.objects.filter(kind="account", recipients=["New@people.example"]).exists()
    assert "is there already" in dora.post("/staff/settings/people/invite/", {"email": "new@people.example"}, follow=True).text
    assert bob.get("/staff/").status_code == 200
    dora.post(f"/staff/settings/people/{people['bob'].pk}/", {"role": "auditor", "sure": "yes"})
    assert User.objects.get(pk=people["bob"].pk).role == "auditor"
    assert bob.get("/staff/").status_code == 302
    dora.post(f"/staff/settings/people/{people['eve'].pk}/", {"active": "no", "sure": "yes"})
    assert not User.objects.get(pk=people["eve"].pk).is_active


def test_nobody_changes_the_own_role(browse: Any, people: Any) -> None:
    page = (
        browse("dora").post(f"/staff/settings/people/{people['dora'].pk}/", {"role": "client", "sure": "yes"}, follow=True).text
    )
    assert "is yourself" in page
    people["dora"].refresh_from_db()
    assert people["dora"].role == "administrator"


def test_a_token_is_shown_once_and_revoked(browse: Any) -> None:
    from voipbox.core.models import ApiToken

    dora = browse("dora")
    page = dora.post("/staff/settings/tokens/add/", {"name": "billing", "scope": ["orders:read"], "days": "30"}, follow=True).text
    value = page.split('id="new-token">')[1].split("<")[0]
    assert value.startswith("vb_") and value not in dora.get("/staff/settings/tokens/").text
    token = ApiToken.objects.get(name="billing")
    dora.post(f"/staff/settings/tokens/{token.pk}/revoke/")
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert "there is no nonsense" in dora.post("/staff/settings/tokens/add/", {"scope": ["nonsense"]}, follow=True).text


def test_a_webhook_is_added_with_a_secret_shown_once(browse: Any) -> None:
    from voipbox.orders.models import WebhookEndpoint

    dora = browse("dora")
    page = dora.post(
        "/staff/settings/webhooks/add/", {"url": "https://198.51.100.7/hook", "event": ["order.placed"]}, follow=True
    ).text
    secret = page.split('id="new-secret">')[1].split("<")[0]
    assert len(secret) > 20 and secret not in dora.get("/staff/settings/webhooks/").text
    endpoint = WebhookEndpoint.objects.get()
    dora.post(f"/staff/settings/webhooks/{endpoint.pk}/remove/")
    assert not WebhookEndpoint.objects.exists()
    assert "is no address" in dora.post("/staff/settings/webhooks/add/", {"url": "ftp://x"}, follow=True).text


def test_previews_of_mails_hold_no_secret(browse: Any, place: Any) -> None:
    order = place(company="<i>Acme</i>", admin={"password": "Wanderer-42-Lamp"})
    for kind in ("confirmation", "welcome", "failure"):
        page = browse("eve").get(f"/staff/settings/mail-templates/?kind={kind}").text
        framed = browse("eve").get(f"/staff/settings/mail-templates/{kind}/framed/").text
        for text in (page, framed):
            assert "Wanderer-42-Lamp" not in text and "<i>Acme" not in text
    assert order.links.count() == 0
