"""A pytest plugin: files marked `long` start first, so that the last of them does not run alone at the end.

With xdist's `--dist loadfile` a file goes to one worker whole, and files start in the order of collection
(`--no-loadscope-reorder`).
"""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first; files without the mark keep their order behind them."""
    items.sort(key=lambda item: -max((mark.args[0] for mark in item.iter_markers("long")), default=0))
