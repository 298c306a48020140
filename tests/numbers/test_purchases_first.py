"""Exactly one paid number, whatever happens: random sequences at the first provider, with kill -9 at every boundary."""

from __future__ import annotations

import pytest
from voipbox_lab.provider_lab import FIRST

from tests.numbers.sequences import run_many, seed

pytestmark = pytest.mark.long(112)

SEQUENCES = 100


@pytest.mark.django_db(transaction=True)
def test_one_paid_number_or_a_person_is_asked(market, buy, actors, tmp_path):
    place = market(FIRST, read_timeout="1", write_timeout="1")
    ends = run_many(place, buy, actors, tmp_path, SEQUENCES, seed())
    print(ends)
    assert sum(ends.values()) == SEQUENCES
    assert sum(count for end, count in ends.items() if not end.startswith("failed")) >= SEQUENCES / 3
