# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: F811 - fixtures are imported and then named as parameters
"""The second driver's budget of calls against a sandbox that counts: fifty drivers at once are never told to slow down."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

from voipbox_lab.providers.control import SandboxControl

from .didww_driver_lab import control, open_driver, url  # noqa: F401 - fixtures too
from .didww_driver_wire import fresh_budget  # noqa: F401 - a fixture for every test


def test_fifty_drivers_at_once_stay_below_the_providers_limit(url: str, control: SandboxControl) -> None:
    control.fault("limit", "*", after=20, window=1)

    def ask(_: int) -> Decimal:
        with open_driver(url) as driver:
            return driver.balance()[0]

    with ThreadPoolExecutor(50) as pool:
        assert set(pool.map(ask, range(50))) == {Decimal("1000.00")}
    assert not [call for call in control.calls() if call["status"] == 429]


def test_a_provider_that_is_busier_is_waited_for(url: str, control: SandboxControl) -> None:
    control.fault("limit", "GET /balance", after=1, window=2)
    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(lambda _: open_driver(url).balance()[0], range(3))) == {Decimal("1000.00")}
    assert [call for call in control.calls() if call["status"] == 429]
