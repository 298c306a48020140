"""A small soak: some random kills over a few orders; make soak is the long one."""

from __future__ import annotations

import random

import pytest

from tests.soak import Soak

pytestmark = pytest.mark.long(120)


def test_orders_come_through_random_kills_by_themselves(tmp_path):
    figures = Soak(tmp_path, orders=3, kills=6, seed=random.randrange(10**6)).run()
    assert figures.held(), figures.lines()
