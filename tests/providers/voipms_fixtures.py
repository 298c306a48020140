"""Fixtures of the first provider: its sandbox, accounts there, and what the tests ask of it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from voipbox_lab.providers.control import SandboxControl
from voipbox_lab.providers.http_server import running
from voipbox_lab.providers.voipms.sandbox import PATH, VoipMsSandbox
from voipbox_lab.providers.voipms.state import MAIN_ACCOUNT, PASSWORD, USERNAME

TORONTO = "+14165550100"
PBX = "203.0.113.10"
SIP_PASSWORD = "Sip-Pass_9472x"


class VoipMsLab:
    """A sandbox in its first state. Attributes: url, scheme, host and port; control, its client."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.control = SandboxControl(url)

    def account(self, sandbox: bool = True, credentials: dict[str, str] | None = None, **changes: Any) -> Any:
        """An account there, not in any database; changes are options, or the gateway's fields."""
        from voipbox.providers.models import ProviderAccount

        gateway = {name: changes.pop(name) for name in list(changes) if name.startswith("gateway_")}
        return ProviderAccount(
            slug="maple",
            name="Maple",
            driver="voipms",
            sandbox=sandbox,
            credentials=credentials or {"username": USERNAME, "password": PASSWORD},
            options={"account": MAIN_ACCOUNT, "pop": "45", "base_url": self.url + PATH, "write_timeout": "5", **changes},
            **{"gateway_proxy": "toronto.provider1.example", **gateway},
        )

    def driver(self, **changes: Any) -> Any:
        """A driver of such an account."""
        from voipbox.providers.voipms.driver import VoipMs

        return VoipMs(self.account(**changes))

    def settings(self, **settings: Any) -> None:
        """Change how the provider behaves (see the sandbox's state.Settings)."""
        self.control.call("POST", "/settings", **settings)

    def called(self, name: str = "") -> list[dict[str, Any]]:
        """Calls of a method."""
        return self.control.calls(name)

    def names(self) -> list[str]:
        """Methods that were called, in their order."""
        return [call["name"] for call in self.control.calls()]

    def would_ring(self, number: str = TORONTO) -> dict[str, Any]:
        """Whether a call would arrive."""
        return dict(self.control.call("GET", "/would_ring", number=number))

    def register(self, trunk: Any, host: str = "toronto.provider1.example", address: str = PBX) -> str:
        """Let a gateway register; empty, or why not."""
        given = {"account": trunk.username, "password": trunk.password, "host": host, "address": address}
        return str(self.control.call("POST", "/registrations", **given)["why"])

    def owned(self) -> dict[str, dict[str, Any]]:
        """What the account owns, by number."""
        return dict(self.control.call("GET", "/owned"))

    def subs(self) -> dict[str, dict[str, Any]]:
        """Sub-accounts without passwords."""
        return dict(self.control.call("GET", "/subs"))


@pytest.fixture(scope="session")
def voipms_server() -> Iterator[str]:
    """One sandbox for all tests."""
    with running(VoipMsSandbox()) as url:
        yield url


@pytest.fixture
def voipms(voipms_server: str, monkeypatch: pytest.MonkeyPatch) -> VoipMsLab:
    """The sandbox as on its first day, and nothing remembered of it."""
    from voipbox.providers.voipms import trunks

    monkeypatch.setattr(trunks, "_types", {})
    lab = VoipMsLab(voipms_server)
    lab.control.reset()
    return lab


@pytest.fixture
def fast_voipms(voipms: VoipMsLab) -> VoipMsLab:
    """The same, for tests of time-outs: accounts wait a second at most."""
    given = voipms.account

    def account(**changes: Any) -> Any:
        return given(**{"read_timeout": "1", "write_timeout": "1", **changes})

    voipms.account = account
    return voipms


def wanted(number: str = TORONTO, reference: str = "vb-1", plan: str = "1", **changes: Any) -> Any:
    """A purchase that was not searched for."""
    from voipbox.providers.records import Capacity, CapacityKind, Offer, Wanted

    kind = CapacityKind.PER_MINUTE if plan == "1" else CapacityKind.UNLIMITED
    capacity = Capacity(plan, kind, "plan", Decimal("0.40"), Decimal("0.85"), Decimal("0.0090"))
    offer = Offer(number, "CA", "Ontario", "Toronto", (capacity,))
    return Wanted(reference, offer, capacity, **changes)


def trunk_wanted(name: str = "acme-1", **changes: Any) -> Any:
    """A trunk for a tenant."""
    from voipbox.providers.records import TrunkWanted

    given: dict[str, Any] = {"label": "Acme", "pbx_host": "pbx.example.com", "password": SIP_PASSWORD}
    return TrunkWanted(name, **{**given, "pbx_addresses": (f"{PBX}/32",), **changes})
