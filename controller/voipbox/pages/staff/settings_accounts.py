# SPDX-License-Identifier: GPL-3.0-or-later
"""Provider accounts: fields by driver, credentials that are never shown again, a test of the connection."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from voipbox.catalog.document import AccountDocument
from voipbox.core.errors import Fault, NotThere, Refused
from voipbox.core.people import Role
from voipbox.numbers import accounts
from voipbox.numbers.models import Balance
from voipbox.providers.drivers import DRIVERS, Basic, driver_class
from voipbox.providers.models import ProviderAccount, default_outbound

from ..access import acting_staff_only, actor_of, administrator_only, staff_only
from .forms import Field, answer, as_text, content, given, page, validated

_PARENT = ("Provider accounts", "staff:accounts")
_KEPT = "Stored; empty keeps it."


@require_safe
@staff_only
def listing(request: HttpRequest) -> HttpResponse:
    """All accounts."""
    balances = {row.account_id: row for row in Balance.objects.all()}
    rows = []
    for account in ProviderAccount.objects.order_by("slug"):
        driver = DRIVERS.get(account.driver)
        stored = accounts.has_credentials(account) if driver else {}
        rows.append(
            {
                "account": account,
                "driver": driver.label if driver else f"{account.driver} (unknown)",
                "buys": bool(driver and driver.buys),
                "stored": [name for name, there in stored.items() if there],
                "lacking": driver is not None and any(f.required and not stored.get(f.name) for f in driver.credential_fields),
                "balance": balances.get(account.pk),
            }
        )
    drivers = [(slug, driver.label) for slug, driver in DRIVERS.items()]
    editing = actor_of(request).role == Role.ADMINISTRATOR
    return render(request, "pages/staff/settings/accounts.html", {"rows": rows, "drivers": drivers, "editing": editing})


@require_http_methods(["GET", "POST"])
@administrator_only
def new(request: HttpRequest) -> HttpResponse:
    """A new account of a driver, which the address names."""
    slug = request.GET.get("driver", "")
    if slug not in DRIVERS:
        raise NotThere("There is no such driver.")
    return _edit(request, ProviderAccount(driver=slug, outbound=default_outbound()), f"New account: {DRIVERS[slug].label}")


@require_http_methods(["GET", "POST"])
@administrator_only
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Change an account."""
    account = accounts.find(slug)
    return _edit(request, account, account.name)


def _edit(request: HttpRequest, account: ProviderAccount, title: str) -> HttpResponse:
    driver = driver_class(account.driver)
    own, options, secrets = _own(account), _options(driver), _secrets(driver, account)
    fields = [*own, *options, *secrets]
    if request.method == "GET":
        values = as_text(own, account)
        values.update(
            {f"options.{each.name}": str(account.options.get(each.name, each.default)) for each in driver.option_fields}
        )
        return page(request, title, _PARENT, fields, values)
    values = given(fields, request.POST)

    def act() -> None:
        _take(account, own, values)
        accounts.save(
            account,
            actor_of(request),
            options={each.name: values[f"options.{each.name}"] for each in driver.option_fields},
            credentials={each.name: values[f"credentials.{each.name}"] for each in driver.credential_fields},
        )

    error = answer(act)
    if error is not None:
        return page(request, title, _PARENT, fields, {n: v for n, v in values.items() if not n.startswith("credentials.")}, error)
    messages.success(request, f"{account.name} is stored. {'Test the connection now.' if driver.buys else ''}".strip())
    return redirect("staff:accounts")


def _take(account: ProviderAccount, own: Sequence[Field], values: dict[str, str]) -> None:
    slug = account.slug or values["slug"].strip()
    document = {**content([each for each in own if not each.fixed], values), "slug": slug, "driver": account.driver}
    if account.pk is None and ProviderAccount.objects.filter(slug=slug).exists():
        raise Refused([Fault("slug", "is there already")])
    checked = validated(AccountDocument, document)
    for name, value in checked.model_dump(exclude={"options", "driver"}).items():
        if not (name == "outbound" and value is None):
            setattr(account, name, value)


def _own(account: ProviderAccount) -> list[Field]:
    return [
        Field(
            "slug",
            "Short name",
            help="Small letters, digits and dashes; it stands in tenant files.",
            required=True,
            fixed=bool(account.pk),
        ),
        Field("name", "Name", required=True),
        Field("sandbox", "Sandbox: for trying, never in production", "flag"),
        Field("active", "Active", "flag"),
        Field("auto_run", "Approve orders of this account on arrival", "flag"),
        Field("gateway_proxy", "SIP proxy", help="Where the PBX registers, such as toronto.provider1.example.", required=True),
        Field("gateway_port", "Port", "number", required=True),
        Field("gateway_transport", "Transport", "choice", choices=(("udp", "UDP"), ("tcp", "TCP"), ("tls", "TLS"))),
        Field("gateway_realm", "Realm", help="Empty: that of the proxy."),
        Field("gateway_register", "The gateway registers", "flag"),
        Field("channels", "Calls at once", "number", required=True),
        Field("addresses", "Addresses that calls come from", "lines", help="One CIDR a line."),
        Field(
            "outbound",
            "Outbound routes",
            "yaml",
            help="A list of route templates, such as - template: nanp. "
            "With - template: emergency each tenant can dial the emergency numbers of its number's country.",
        ),
        Field(
            "national_codes",
            "Country codes of national numbers",
            "lines",
            help="One country code a line, of which the provider sends numbers without it. Usually 1, or none.",
        ),
    ]


def _options(driver: type[Basic]) -> list[Field]:
    return [
        Field(
            f"options.{each.name}", each.label, "choice" if each.choices else "text", each.help, each.choices,
            required=each.required and not each.default,
        )
        for each in driver.option_fields
    ]  # fmt: skip


def _secrets(driver: type[Basic], account: ProviderAccount) -> list[Field]:
    """Credentials are asked for and never shown."""
    stored = accounts.has_credentials(account)
    return [
        Field(
            f"credentials.{each.name}",
            each.label,
            "secret",
            " ".join(part for part in (_KEPT if stored.get(each.name) else "", each.help) if part),
            required=each.required and not stored.get(each.name),
        )
        for each in driver.credential_fields
    ]


@require_POST
@acting_staff_only
def test(request: HttpRequest, slug: str) -> HttpResponse:
    """Log in at the provider and read the balance."""
    account = accounts.find(slug)
    found = accounts.test(account)
    balance = f" Balance: {found.balance} {found.currency}." if found.balance is not None else ""
    address = f" Address to allow-list there: {found.address}." if found.address else ""
    (messages.success if found.good else messages.error)(request, f"{account.name}: {found.says}{balance}{address}")
    return redirect(reverse("staff:accounts"))
