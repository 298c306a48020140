"""An account of the first provider: what it must say, what "test connection" finds, and that its secrets stay with it."""

from __future__ import annotations

import logging
import traceback
from decimal import Decimal
from typing import Any

import pytest
from voipbox.core.errors import Refused
from voipbox.providers import errors
from voipbox.providers.protocol import Driver
from voipbox_lab.providers.voipms.state import PASSWORD, USERNAME

from tests.providers.voipms_fixtures import SIP_PASSWORD, TORONTO, VoipMsLab, trunk_wanted, wanted

PRODUCTION = "https://voip.ms/api/v1/rest.php"


def test_the_driver_is_all_that_the_protocol_asks_for(voipms: VoipMsLab) -> None:
    driver = voipms.driver()
    for name in (*Driver.__annotations__, *(name for name in vars(Driver) if not name.startswith("_"))):
        assert hasattr(driver, name), name
    assert (driver.slug, driver.buys, driver.regulates) == ("voipms", True, False)
    assert {field.name: field.secret for field in driver.credential_fields} == {"username": False, "password": True}
    assert {field.name for field in driver.option_fields if field.required} == {"account", "pop"}


def test_the_connection_is_good(voipms: VoipMsLab) -> None:
    with voipms.driver() as driver:
        checked = driver.check()
    assert checked.good and checked.says == "The login works; the balance is 112.19 USD."
    assert (checked.balance, checked.currency, checked.address) == (Decimal("112.192790"), "USD", "203.0.113.10")


def test_the_address_to_allow_list_is_told(voipms: VoipMsLab) -> None:
    voipms.settings(caller="198.51.100.99")
    with voipms.driver() as driver:
        checked = driver.check()
    assert not checked.good and checked.address == "198.51.100.99"
    assert "The address to allow-list is 198.51.100.99." in checked.says and checked.balance is None


@pytest.mark.parametrize(
    ("credentials", "sentence"),
    [
        ({"username": USERNAME, "password": "Wrong-Pass-1"}, "does not accept"),
        ({"username": "x@y.example", "password": "p"}, "does not accept"),
    ],
)
def test_wrong_credentials(voipms: VoipMsLab, credentials: dict[str, str], sentence: str) -> None:
    with voipms.driver(credentials=credentials) as driver:
        checked = driver.check()
        assert not checked.good and sentence in checked.says and "Correct the account's credentials" in checked.says
        with pytest.raises(errors.AuthFailed):
            driver.balance()


def test_an_api_that_is_switched_off(voipms: VoipMsLab) -> None:
    voipms.settings(api_enabled=False)
    with voipms.driver() as driver:
        assert "not switched on" in driver.check().says
        with pytest.raises(errors.AccessDenied):
            driver.numbers()


def test_a_provider_that_is_not_there_is_reported_and_not_raised(voipms: VoipMsLab) -> None:
    checked = voipms.driver(base_url="http://127.0.0.1:9/api/v1/rest.php").check()
    assert not checked.good and "could not be reached" in checked.says
    checked = voipms.driver(account="").check()
    assert not checked.good and "account: is missing" in checked.says


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"base_url": PRODUCTION}, "base_url"),
        ({"base_url": ""}, "base_url"),
        ({"base_url": "https://VOIP.MS"}, "base_url"),
        ({"base_url": "https://voip.ms./api/v1/rest.php"}, "base_url"),
        ({"base_url": "https://eu.voip.ms:8443/api/v1/rest.php"}, "base_url"),
        ({"base_url": "http://provider1.example/api/v1/rest.php"}, "base_url"),
        ({"base_url": "https://user:secret@provider1.example/"}, "base_url"),
        ({"base_url": "https://provider1.example/?api_password=x"}, "base_url"),
        ({"base_url": "ftp://provider1.example/"}, "base_url"),
        ({"base_url": "https://[::1"}, "base_url"),
        ({"base_url": "https://provider1.example:port/"}, "base_url"),
        ({"account": ""}, "account"),
        ({"account": "10000A"}, "account"),
        ({"pop": ""}, "pop"),
        ({"pop": "toronto"}, "pop"),
        ({"test": "perhaps"}, "test"),
        ({"dialing_mode": "9"}, "dialing_mode"),
        ({"codecs": "ulaw,g729"}, "codecs"),
        ({"read_timeout": "never"}, "read_timeout"),
        ({"write_timeout": "nan"}, "write_timeout"),
        ({"write_timeout": "0"}, "write_timeout"),
        ({"credentials": {"username": USERNAME}}, "password"),
        ({"credentials": {"password": PASSWORD}}, "username"),
    ],
)
def test_a_wrong_setting_is_refused_by_name_before_anything_is_sent(
    voipms: VoipMsLab, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused) as raised, voipms.driver(**changes):
        pass
    assert field in [fault.field for fault in raised.value.faults]
    assert "secret" not in str(raised.value) and PASSWORD not in str(raised.value)
    assert voipms.names() == []


def test_a_real_account_may_name_the_real_api(voipms: VoipMsLab) -> None:
    """Nothing is sent here: only the settings are read."""
    from voipbox.providers.voipms.account import settings_of

    assert settings_of(voipms.account(sandbox=False, base_url=PRODUCTION)).url == PRODUCTION
    assert settings_of(voipms.account(sandbox=False, base_url="")).url == PRODUCTION
    assert settings_of(voipms.account(base_url="https://provider1.example")).url == "https://provider1.example/api/v1/rest.php"
    assert settings_of(voipms.account(test=True)).dry_run
    assert PASSWORD not in repr(settings_of(voipms.account()))


SECRETS = (PASSWORD, USERNAME, SIP_PASSWORD)


def test_no_secret_is_logged_or_stands_in_a_url(voipms: VoipMsLab, caplog: pytest.LogCaptureFixture) -> None:
    """Even where somebody turns the HTTP library's logging on."""
    for name in ("httpx", "httpcore"):
        caplog.set_level(logging.DEBUG, name)
    with voipms.driver() as driver:
        driver.check()
        driver.purchase(wanted())
        trunk = driver.ensure_trunk(trunk_wanted())
        driver.route(TORONTO, trunk)
        driver.numbers()
        voipms.control.fault("drop", "orderDID")
        with pytest.raises(errors.OutcomeUnknown):
            driver.purchase(wanted("+15145550102", "vb-2"))
    assert any("rest.php" in record.getMessage() for record in caplog.records), "the library did write"
    for record in caplog.records:
        written = f"{record.getMessage()} {record.__dict__}"
        assert not [secret for secret in SECRETS if secret in written], record.name
    assert {call["details"]["_transport"] for call in voipms.called()} == {"POST multipart/form-data"}


def test_the_http_library_is_quiet_by_itself() -> None:
    import voipbox.providers.voipms.client  # noqa: F401 - sets the levels

    for name in ("httpx", "httpcore"):
        assert logging.getLogger(name).getEffectiveLevel() >= logging.WARNING


FAILURES: list[tuple[str, dict[str, Any]]] = [
    ("drop", {}),
    ("html", {"status": 502}),
    ("delay_then_refuse", {"seconds": 3}),
    ("answer", {"body": {"status": "odd", "message": f"{USERNAME} with {PASSWORD} may not set {SIP_PASSWORD}"}}),
    ("answer", {"body": {"status": f"odd {PASSWORD} {SIP_PASSWORD}"}}),
    ("answer", {"body": f"{USERNAME} {PASSWORD} {SIP_PASSWORD}"}),
    ("answer", {"body": f"{PASSWORD} {SIP_PASSWORD}", "status": 500}),
    ("answer", {"body": "", "content_type": f"text/html; {PASSWORD} {SIP_PASSWORD}"}),
]


@pytest.mark.parametrize(("kind", "options"), FAILURES)
@pytest.mark.parametrize("method", ["createSubAccount", "getSubAccounts"])
def test_no_secret_stands_in_an_exception(fast_voipms: VoipMsLab, kind: str, options: dict[str, Any], method: str) -> None:
    fast_voipms.control.fault(kind, method, **options)
    with fast_voipms.driver() as driver, pytest.raises(errors.ProviderError) as raised:
        driver.ensure_trunk(trunk_wanted())
    error: BaseException | None = raised.value
    while error is not None:
        told = f"{error!r} {error} {vars(error)} {getattr(error, 'sentence', '')} {''.join(traceback.format_exception(error))}"
        assert not [secret for secret in SECRETS if secret in told]
        assert type(error).__module__.startswith("voipbox."), "no error of the HTTP library hangs on it: it holds the form"
        error = error.__cause__ or error.__context__


def test_trunks_hide_their_passwords(voipms: VoipMsLab) -> None:
    with voipms.driver() as driver:
        trunk = driver.ensure_trunk(trunk_wanted())
        assert SIP_PASSWORD not in repr(trunk) + repr(trunk_wanted()) + repr(driver) + repr(driver._client)
