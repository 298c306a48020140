"""What an order may say: every rule, and that whatever is accepted the collection takes and the PBX gets literally."""

from __future__ import annotations

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.voipbox.fusionpbx.plugins.module_utils import rules, tenant_checks
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from voipbox.catalog.models import PbxServer, ServerDomain
from voipbox.core.config import Config, config
from voipbox.core.errors import MoveRefused, NotAllowed, Refused
from voipbox.core.people import SYSTEM
from voipbox.orders import actions, batch, checks, intake, text_rules
from voipbox.orders.models import AuditEvent, Order
from voipbox.orders.statuses import Status
from voipbox.provisioning import tenant_file

from tests.controller.conftest import ROOT
from tests.controller.fixtures import order_data

COLLECTION = ROOT / "collections" / "ansible_collections" / "voipbox" / "fusionpbx"


def faults(call, *arguments):
    with pytest.raises(Refused) as refusal:
        call(*arguments)
    return {fault.field: fault.cause for fault in refusal.value.faults}


def parse(**changes):
    return intake.parse(intake.OrderInput, order_data(**changes))


def test_every_required_field_is_asked_for_by_name():
    assert set(faults(intake.parse, intake.OrderInput, {})) == {"company", "contact", "email", "phone", "items"}


def test_an_order_has_what_the_older_wizard_gave_by_default(place):
    order = place()
    assert (order.seats, order.extension_numbers[0], order.extension_numbers[-1]) == (10, "1001", "1010")
    assert (order.admin_username, order.admin_group, order.admin_email) == ("admin", "admin", "ada@acme.example")
    assert order.domain == f"{order.company.lower().replace(' ', '-')}.pbx.example.com"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "no address"}, "email"),
        ({"email": "a@b"}, "email"),
        ({"email": "a@b.example,c@d.example"}, "email"),
        ({"phone": "12"}, "phone"),
        ({"phone": "call me"}, "phone"),
        ({"number": "4165550100"}, "number"),
        ({"number": "+0123456789"}, "number"),
        ({"company": "   "}, "company"),
        ({"company": "x" * 101}, "company"),
        ({"company": "Acme\u202egro"}, "company"),
        ({"contact": "Ada\x00"}, "contact"),
        ({"contact": "Tom &amp; Ada"}, "contact"),
        ({"domain": "Acme.example.com"}, "domain"),
        ({"domain": "acme"}, "domain"),
        ({"domain": "-acme.example.com"}, "domain"),
        ({"domain": "acme.example.com; reboot"}, "domain"),
        ({"seats": 0}, "seats"),
        ({"seats": "many"}, "seats"),
        ({"admin": {"password": "short1A"}}, "admin.password"),
        ({"admin": {"password": "nouppercase123"}}, "admin.password"),
        ({"admin": {"password": "NOLOWERCASE123"}}, "admin.password"),
        ({"admin": {"password": "NoDigitsAtAllHere"}}, "admin.password"),
        ({"admin": {"password": "Ab1" + "é" * 40}}, "admin.password"),
        ({"admin": {"username": "two words"}}, "admin.username"),
        ({"admin": {"time_zone": "Mars/Olympus"}}, "admin.time_zone"),
        ({"admin": {"language": "english"}}, "admin.language"),
        ({"trunk": {"username": "a b", "password": "Example-Trunk-1"}}, "trunk.username"),
        ({"trunk": {"username": "a", "password": "with space 1"}}, "trunk.password"),
        ({"extensions": [{"number": "10x"}]}, "extensions[0].number"),
        ({"surprise": 1}, "surprise"),
        ({"items": []}, "items"),
        ({"items": [{"product": "office-10", "quantity": 0}]}, "items[0].quantity"),
        ({"reference": "a b"}, "reference"),
    ],
)
def test_a_bad_field_is_refused_by_its_name(changes, field):
    found = faults(lambda: parse(**changes))
    assert list(found) == [field]
    assert "Ab1" not in str(found)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"items": [{"product": "no-such"}]}, "items[0].product"),
        ({"items": [{"product": "office-10", "bundle": "small-office"}]}, "items[0]"),
        ({"items": [{"product": "canada-number"}]}, "seats"),
        ({"items": [{"product": "canada-number", "quantity": 2}, {"product": "office-10"}]}, "items"),
        ({"items": [{"product": "office-10"}]}, "number"),
        ({"number": None}, "number"),
        ({"trunk": None}, "trunk"),
        ({"seats": 11}, "seats"),
        ({"first_extension": 9995}, "first_extension"),
        ({"extensions": [{"number": "1011"}]}, "extensions[0].number"),
        ({"extensions": [{"number": "1001"}, {"number": "1001"}]}, "extensions[1].number"),
        ({"server": "nowhere"}, "server"),
        ({"term": "weekly"}, "term"),
        ({"term": "annually", "items": [{"product": "canada-number"}, {"product": "office-5"}]}, "items[1]"),
        ({"admin": {"group": "superadmin"}}, "admin.group"),
        ({"admin": {"method": "invitation", "password": "Long-Enough-1234"}}, "admin.password"),
        ({"admin": {"method": "password"}}, "admin.password"),
        ({"client": "nobody@people.example"}, "client"),
        ({"domain": "there.pbx.example.com"}, "domain"),
    ],
)
def test_what_does_not_fit_the_catalog_is_refused_by_its_name(catalog, people, changes, field):
    server = PbxServer.objects.get(slug="pbx-one")
    ServerDomain.objects.create(server=server, name="there.pbx.example.com", uuid="11111111-1111-4111-8111-111111111111")
    given = parse(**changes)
    assert field in faults(checks.check, given, SYSTEM)
    assert not Order.objects.exists()


def test_all_faults_are_told_at_once(catalog):
    given = parse(items=[{"product": "no-such"}], server="nowhere", term="weekly")
    assert {"items[0].product", "server", "term"} <= set(faults(checks.check, given, SYSTEM))


def test_the_least_length_of_a_password_is_a_setting_and_never_under_eight(monkeypatch):
    changed = config().model_copy(update={"password_min_length": 8})
    monkeypatch.setattr(text_rules, "config", lambda: changed)
    assert parse(admin={"password": "Abcdefg1"}).admin.password == "Abcdefg1"
    monkeypatch.setenv("VOIPBOX_PASSWORD_MIN_LENGTH", "7")
    with pytest.raises(ValueError, match="greater than or equal to 8"):
        Config()


@pytest.mark.parametrize(
    ("company", "name"),
    [
        ("Acme Corp", "acme-corp"),
        ("Café Ünlü & Söhne", "cafe-unlu-sohne"),
        ("電話", "tenant"),
        ("--- !!!", "tenant"),
        ("A" * 99, "a" * 40),
        ("{{ lookup('pipe', 'id') }}", "lookup-pipe-id"),
    ],
)
def test_the_domain_is_made_from_the_company(company, name):
    assert checks.label(company) == name


def test_a_second_company_of_a_name_gets_another_domain_and_a_given_one_must_be_free(place):
    first, second = place(company="Twin"), place(company="Twin")
    assert (first.domain, second.domain) == ("twin.pbx.example.com", "twin-2.pbx.example.com")
    assert "domain" in faults(lambda: place(domain="twin.pbx.example.com"))
    assert place(company="Twin", server="pbx-two").domain == "twin.two.example.com"


def test_a_domain_that_is_on_the_pbx_is_not_proposed(catalog, place):
    server = PbxServer.objects.get(slug="pbx-one")
    ServerDomain.objects.create(server=server, name="known.pbx.example.com", uuid="11111111-1111-4111-8111-111111111111")
    assert place(company="Known").domain == "known-2.pbx.example.com"


def test_a_number_is_in_one_order(place):
    order = place()
    assert "number" in faults(lambda: place(number=order.number))
    Order.objects.filter(pk=order.pk).update(status=Status.CANCELLED)
    assert place(number=order.number).number == order.number


def test_a_reference_is_placed_once(place):
    place(reference="shop-1")
    assert "reference" in faults(lambda: place(reference="shop-1"))


def test_telephone_numbers_are_kept_in_one_form():
    assert parse(phone="(416) 555-0123").phone == "+14165550123"
    assert parse(phone="+27 11 555 0100").phone == "+27115550100"
    assert parse(number="+1 (416) 555-0100").number == "+14165550100"


def test_secrets_are_sealed_and_shown_nowhere(place):
    from django.db import connection

    order = place(admin={"password": "Marked-Admin-1"}, trunk={"username": "u", "password": "Marked-Trunk-1"})
    assert order.secrets["admin_password"] == "Marked-Admin-1"
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT count(*) FROM "{table}" AS row WHERE row::text LIKE %s', ["%Marked-%"])
            assert cursor.fetchone() == (0,), table
    assert "Marked" not in repr(parse(admin={"password": "Marked-Admin-1"}))


def test_passwords_that_were_not_given_are_made_and_good(place):
    secrets = place(admin={"method": "invitation"}).secrets
    assert text_rules.login_password(secrets["admin_password"]) is None
    assert len(secrets["extensions"]) == 10
    passwords = [one["password"] for one in secrets["extensions"].values()]
    assert len(set(passwords)) == 10
    assert all(text_rules.sip_password(one) is None for one in passwords)


def test_a_client_cannot_change_an_order_and_staff_can_before_it_is_placed(place, actors):
    order = place("alice")
    given = intake.parse(intake.Amendment, {"company": "Another", "domain": "another.pbx.example.com"})
    with pytest.raises(NotAllowed):
        actions.amend(order.pk, given, actors["alice"], "I was wrong")
    assert "reason" in faults(actions.amend, order.pk, given, actors["bob"], "")
    changed = actions.amend(order.pk, given, actors["bob"], "the client called")
    assert (changed.company, changed.domain) == ("Another", "another.pbx.example.com")
    event = AuditEvent.objects.latest("id")
    assert (event.actor, event.reason, event.after["company"]) == ("bob@people.example", "the client called", "Another")
    assert event.before["company"] == order.company
    Order.objects.filter(pk=order.pk).update(status=Status.IN_PROGRESS)
    with pytest.raises(MoveRefused):
        actions.amend(order.pk, given, actors["bob"], "too late")


def test_a_batch_says_a_line_per_row_and_a_dry_run_writes_nothing(catalog, actors):
    rows = [order_data(company="One"), order_data(company="Two", email="nothing"), order_data(company="Three")]
    rows.append({**order_data(company="Four"), "number": rows[0]["number"]})
    text = yaml.safe_dump(rows)
    dry = batch.place_all(text, actors["bob"], dry_run=True)
    assert [(line.row, line.good) for line in dry] == [(1, True), (2, False), (3, True), (4, False)]
    assert not Order.objects.exists()
    done = batch.place_all(text, actors["bob"])
    assert [line.good for line in done] == [True, False, True, False]
    assert "email" in done[1].says
    assert "number" in done[3].says
    assert Order.objects.count() == 2


def test_the_example_batch_is_good(catalog, actors):
    text = (ROOT / "examples" / "orders" / "orders.csv").read_text()
    lines = batch.place_all(text, actors["bob"], dry_run=True)
    assert lines
    assert all(line.good for line in lines), lines


@pytest.mark.parametrize("text", ["", "- [", "company\n", "- 1\n- x\n", "company,admin.password\nA,B\n"])
def test_a_bad_batch_is_refused_and_never_crashes(catalog, actors, text):
    try:
        lines = batch.place_all(text, actors["bob"])
    except Refused:
        return
    assert not any(line.good for line in lines)


# The contract with the collection.


def specification():
    options = {}
    for role in ("fusionpbx_tenant", "provider_trunk"):
        spec = yaml.safe_load((COLLECTION / "roles" / role / "meta" / "argument_specs.yml").read_text())
        options.update(spec["argument_specs"]["tenant_file"]["options"])
    return options


def keys_of(model):
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ((), tenant_file.TenantFile),
        (("limits",), tenant_file.Limits),
        (("users",), tenant_file.UserEntry),
        (("extensions",), tenant_file.ExtensionEntry),
        (("trunk",), tenant_file.Trunk),
        (("trunk", "gateway"), tenant_file.GatewayEntry),
        (("trunk", "inbound"), tenant_file.InboundEntry),
    ],
)
def test_the_tenant_file_has_keys_that_the_roles_know_and_all_that_they_require(path, model):
    options = specification()
    for name in path:
        options = options[name]["options"]
    assert set(keys_of(model)) <= set(options)
    required = {name for name, option in options.items() if option.get("required")}
    assert required <= set(keys_of(model))


def accepted_by_the_collection(order):
    document = yaml.safe_load(tenant_file.to_yaml(tenant_file.build(order)))
    validator = ArgumentSpecValidator({name: _argument(option) for name, option in specification().items()})
    result = validator.validate({**document})
    assert not result.error_messages, result.error_messages
    tenant_checks.check_tenant(document)
    tenant_checks.check_trunk(document)
    return document


def _argument(option):
    """An option of a role's specification as modules take it."""
    kept = {name: value for name, value in option.items() if name in ("type", "elements", "choices", "required", "options")}
    if "options" in kept:
        kept["options"] = {name: _argument(inner) for name, inner in kept["options"].items()}
    return kept


def test_an_ordinary_order_is_accepted_by_the_collection(place):
    document = accepted_by_the_collection(place())
    assert document["trunk"]["gateway"]["password"] == "Example-Trunk-1"


HOSTILE = st.one_of(
    st.text(min_size=1, max_size=60),
    st.text(alphabet="{}%#'\"`$()<>&;|\\/!\n\t\0\u202e\u2066\ud800 aA1@.-_", min_size=1, max_size=40),
    st.sampled_from(
        [
            "{{ lookup('pipe', 'touch /tmp/x') }}", "{% for x in y %}", "!unsafe x", "'; DROP TABLE v_domains; --", "$(reboot)",
            "`id`", "<script>alert(1)</script>", "]]>", "&lt;", "${domain_name}", "%{x}", "null", "yes", "0x1", "1e3", "=1+1",
            "---", "- a", "? x", "*a", "&a b", "#x", "@x", "%YAML 1.1", "1_000", "2026-11-24", "~", "é" * 20, "👩‍👩‍👧", "\u2028x",
        ]
    ),
)  # fmt: skip
FIELDS = st.fixed_dictionaries(
    {"company": HOSTILE, "contact": HOSTILE},
    optional={
        "email": st.one_of(HOSTILE, st.emails()),
        "phone": HOSTILE,
        "number": HOSTILE,
        "domain": HOSTILE,
        "reference": HOSTILE,
        "admin": st.fixed_dictionaries(
            {}, optional=dict.fromkeys(("username", "password", "email", "time_zone", "language", "group"), HOSTILE)
        ),
        "trunk": st.fixed_dictionaries({"username": HOSTILE, "password": st.one_of(HOSTILE, st.just("Example-Trunk-1"))}),
        "extensions": st.lists(
            st.fixed_dictionaries({"number": st.just("1002")}, optional={"name": HOSTILE, "email": HOSTILE, "password": HOSTILE}),
            max_size=1,
        ),
    },
)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much]
)
@given(changes=FIELDS)
def test_what_is_accepted_the_collection_takes_and_everything_else_is_refused_by_name(place, changes):
    try:
        order = place(**changes)
    except Refused as refusal:
        assert all(fault.field.split(".")[0].split("[")[0] in intake.OrderInput.model_fields for fault in refusal.faults)
        return
    order = Order.objects.select_related("server", "provider").get(pk=order.pk)
    document = accepted_by_the_collection(order)
    assert document["description"] == order.company == changes["company"]
    names = [document["users"][0]["first_name"], document["users"][0].get("last_name") or ""]
    assert "".join("".join(names).split()) == "".join(changes["contact"].split())
    for given_entry in changes.get("extensions", []):
        if given_entry.get("name"):
            assert document["extensions"][1]["name"] == given_entry["name"]


@settings(max_examples=400, deadline=None)
@given(value=HOSTILE)
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (text_rules.text, rules.text),
        (text_rules.spoken, rules.switch_text),
        (text_rules.shown_name, rules.display_name),
        (text_rules.email, rules.email),
        (text_rules.username, rules.username),
        (text_rules.username, rules.word),
        (text_rules.language, rules.language),
        (text_rules.time_zone, rules.time_zone),
        (text_rules.domain, rules.domain),
        (text_rules.login_password, rules.login_password),
        (text_rules.sip_password, rules.sip_password),
        (text_rules.sip_password, rules.gateway_password),
        (text_rules.gateway_user, rules.gateway_user),
        (text_rules.pin, rules.pin),
    ],
)
def test_each_rule_is_at_least_as_strict_as_the_collections(ours, theirs, value):
    if ours(value) is None:
        assert theirs(value) is None
