"""A lab that is attacked by playbooks, as an admin runs them; shared by the tests of a file."""

from __future__ import annotations

import pytest
from voipbox_lab.lab import Lab


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with Lab(tmp_path_factory.mktemp("attacked"), shape="5.5", time_factor=0.1) as made:
        yield made
