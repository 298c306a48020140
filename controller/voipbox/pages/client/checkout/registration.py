# SPDX-License-Identifier: GPL-3.0-or-later
"""The step for numbers that need a registration: its fields are those that the provider's requirements name."""

from __future__ import annotations

from typing import Any

from django import forms as django_forms
from django.http import HttpRequest

from voipbox.core import countries
from voipbox.core.errors import Fault, Refused
from voipbox.orders import text_rules
from voipbox.orders.intake import parse
from voipbox.orders.models import Draft
from voipbox.providers.papers import Requirements
from voipbox.regulatory import needs, places
from voipbox.regulatory.client_data import ClientData

from ... import field_names
from .. import forms
from . import content
from .content import Content
from .step import Step

KINDS = {"personal": "A person", "business": "A business"}
_ALWAYS = ("first_name", "last_name", "phone", "kind")
_OPTIONAL_BUSINESS = ("company_reg_number", "vat_id")


class RegistrationForm(forms.PageForm):
    """Who uses the number and where."""

    kind = django_forms.ChoiceField(choices=list(KINDS.items()), widget=django_forms.HiddenInput)
    first_name = forms.text("First name", text_rules.text, max_length=100, autocomplete="given-name")
    last_name = forms.text("Last name", text_rules.text, max_length=100, autocomplete="family-name")
    phone = forms.text("Telephone", max_length=40, autocomplete="tel", input_mode="tel")
    street = forms.text("Street and number", text_rules.text, max_length=100, autocomplete="street-address")
    postal_code = forms.text("Postal code", max_length=20, autocomplete="postal-code")
    city = forms.text("City", text_rules.text, max_length=100, autocomplete="address-level2")
    address_country = forms.choice(field_names.label("address.country"), autocomplete="country")

    def __init__(self, *args: Any, kind: str, wanted: Requirements | None, known: Countries, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = known
        forms.set_choices(self, "address_country", known.of_address(wanted, kind))
        self.chosen = kind
        self.more: list[str] = []
        mandatory = needs.mandatory(wanted, kind) if wanted else [*_ALWAYS, *(("company",) if kind == "business" else ())]
        optional = [name for name in (_OPTIONAL_BUSINESS if kind == "business" else ()) if name not in mandatory]
        for name in [*mandatory, *optional]:
            if name not in _ALWAYS:
                self._add(name, name in mandatory)
        if wanted is not None and wanted.service_description:
            widget = django_forms.Textarea(attrs={"rows": 3, "class": "form-control"})
            self.fields["service"] = django_forms.CharField(label="What the number is used for", max_length=1000, widget=widget)

    def _add(self, name: str, required: bool) -> None:
        options: dict[str, Any] = {"required": required}
        label = field_names.label(f"identity.{name}")
        if name == "birth_date":
            widget = django_forms.DateInput(attrs={"type": "date", "autocomplete": "bday", "class": "form-control"})
            field: django_forms.Field = django_forms.DateField(label=label, widget=widget, **options)
        elif name.endswith("country"):
            field = forms.choice(label, **options)
        else:
            field = forms.text(label, autocomplete="off", max_length=100, **options)
            field.widget.attrs["class"] = "form-control"
        self.fields[name] = field
        if name.endswith("country"):
            forms.set_choices(self, name, self.known.all())
        self.more.append(name)

    def bound_more(self) -> list[Any]:
        """The fields that this number and this kind of client need besides."""
        return [self[name] for name in self.more]

    def values(self) -> dict[str, Any]:
        """What was given, in the shape of ClientData."""
        data: dict[str, Any] = self.cleaned_data
        identity: dict[str, Any] = {name: data.get(name) for name in ("first_name", "last_name", "phone", *self.more)}
        plain: dict[str, Any] = {
            name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in identity.items()
        }
        address = {name: data.get(name) for name in ("street", "postal_code", "city")}
        address["country"] = data.get("address_country")
        given: dict[str, Any] = {
            "identity": {"kind": self.chosen, **{name: value for name, value in plain.items() if value}},
            "address": {name: value for name, value in address.items() if value},
        }
        return given | ({"service": data["service"]} if data.get("service") else {})


class RegistrationStep(Step):
    """Who uses the number."""

    slug = "registration"
    title = "Registration"
    section = content.REGISTRATION
    template = "client/checkout/registration.html"

    def applies(self, content: Content) -> bool:
        """Where the number needs it."""
        return content.regulated

    def complete(self, content: Content) -> bool:
        """When what was given is what this number needs."""
        kept = content.section(self.section)
        return bool(kept) and not _faults(kept, content)

    def form(self, content: Content, request: HttpRequest) -> RegistrationForm:
        """The fields of the chosen kind of client."""
        kept = content.section(self.section)
        wanted = content.requirements
        asked = request.POST.get("kind") or request.GET.get("kind") or kept.get("identity", {}).get("kind", "")
        options: dict[str, Any] = {"kind": _kind(asked, wanted), "wanted": wanted, "known": Countries(content)}
        if request.method == "POST":
            return RegistrationForm(request.POST, **options)
        return RegistrationForm(initial=_initial(content, kept, options["kind"]), **options)

    def extra(self, content: Content, request: HttpRequest) -> dict[str, Any]:
        """The kinds of clients, and which documents are asked for later."""
        form = self.form(content, request)
        wanted = content.requirements
        return {
            "kinds": [(name, label) for name, label in KINDS.items() if _allowed(name, wanted)],
            "documents": documents(wanted, form.chosen),
            "restriction": wanted.restriction if wanted else "",
        }

    def save(self, content: Content, form: RegistrationForm, seen: int | None) -> Draft | None:
        """Keep it, when it is complete."""
        values = form.values()
        names = {"address.country": "address_country", "identity.kind": "kind"}
        if form.show(_faults(values, content), names):
            return None
        return self.keep(content, values, seen)


def documents(wanted: Requirements | None, kind: str) -> list[str]:
    """Which documents are asked for after the order, in words."""
    if wanted is None:
        return []
    need = needs.person(wanted, kind)
    found = []
    for entity, count, what in (("identity", need.identity_proofs, "identity"), ("address", need.address_proofs, "address")):
        if count:
            kinds = ", ".join(one.name for one in need.proof_types if one.entity == entity)
            found.append(f"{count} proof{'s' if count > 1 else ''} of {what}" + (f" ({kinds})" if kinds else ""))
    return found + [name for name in ((need.template[1] if need.template else ""), need.onetime) if name]


def _faults(values: dict[str, Any], content: Content) -> list[Fault]:
    """What is malformed, missing, or in a country that the provider does not take."""
    wanted = content.requirements
    try:
        given = parse(ClientData, values)
    except Refused as error:
        return error.faults
    elsewhere = places.country_faults(content.account, values.get("identity", {}), values.get("address", {}))
    if elsewhere:
        return elsewhere
    if wanted is None or given.identity is None:
        return []
    fault = needs.kind_fault(wanted, given.identity.kind)
    identity = given.identity.model_dump(mode="json")
    missing = [name for name in needs.mandatory(wanted, given.identity.kind) if not identity.get(name)]
    return ([fault] if fault else []) + [Fault(f"identity.{name}", "is required for this number") for name in missing]


def _allowed(kind: str, wanted: Requirements | None) -> bool:
    return wanted is None or needs.kind_fault(wanted, kind) is None


def _kind(asked: str, wanted: Requirements | None) -> str:
    if asked in KINDS and _allowed(asked, wanted):
        return asked
    return next((kind for kind in KINDS if _allowed(kind, wanted)), "personal")


def _initial(given: Content, kept: dict[str, Any], kind: str) -> dict[str, Any]:
    """What is known already: of the contact, or what was given before."""
    identity, address = kept.get("identity", {}), kept.get("address", {})
    company = given.section(content.COMPANY)
    first, _, last = str(company.get("contact", "")).partition(" ")
    known = {"first_name": first, "last_name": last, "phone": company.get("phone", ""), "company": company.get("company", "")}
    place = {name: address.get(name) for name in ("street", "postal_code", "city")}
    country = number_country(given)
    return {
        "country": country, **known, **identity, **place, "address_country": address.get("country") or country,
        "service": kept.get("service"), "kind": kind,
    }  # fmt: skip


def number_country(given: Content) -> str:
    """ISO code of the country of the draft's number; empty where it cannot be told."""
    number = given.section(content.NUMBER)
    return places.number_country(str(number.get("number") or ""), str((number.get("offer") or {}).get("country") or ""))


class Countries:
    """The countries that a draft's provider takes, and that of its number."""

    def __init__(self, given: Content) -> None:
        known = places.countries_of(given.account)
        self._names = [(code, text) for code, text in countries.names().items() if not known or code in known]
        self._own = number_country(given)

    def all(self) -> list[tuple[str, str]]:
        """Code and name of each, after an empty one."""
        return [("", "Choose a country"), *self._names]

    def of_address(self, wanted: Requirements | None, kind: str) -> list[tuple[str, str]]:
        """The same for the address, which some numbers want to be in their own country."""
        level = needs.person(wanted, kind).area.level if wanted else ""
        if self._own and level not in ("", "world_wide"):
            return [(code, text) for code, text in self._names if code == self._own] or self.all()
        return self.all()
