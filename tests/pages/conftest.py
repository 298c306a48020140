"""Pages through Django's own client; people, catalog and orders as in the controller's tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

import tests.controller.conftest  # noqa: F401 - Django on a database of its own
from tests.numbers.conftest import market, provider_lab  # noqa: F401 - fixtures
from tests.regulatory.conftest import bring, give, order, walk, world  # noqa: F401 - fixtures

pytest_plugins = ["tests.controller.fixtures"]


@pytest.fixture
def browse(people: dict[str, Any]) -> Callable[[str], Client]:
    """A client signed in as somebody: browse("bob"); browse("") for nobody."""

    def signed_in(name: str) -> Client:
        client = Client()
        if name:
            client.force_login(people[name])
        return client

    return signed_in
