"""`python -m tests.bench`: measure everything on labs of its own, print the table, write build/bench.json."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from voipbox_lab.lab import Lab

from tests.bench import report
from tests.bench.many_orders import ManyOrders
from tests.bench.report import Ratio
from tests.bench.scenarios import Scenarios
from tests.bench.throughput import Throughput

PARTS = ("collection", "throughput", "orders")


def main() -> int:
    """Exit code 0 when every ratio keeps its limit."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each case is taken")
    parser.add_argument("--only", choices=PARTS, action="append", help="a part instead of all; may be repeated")
    arguments = parser.parse_args()
    ratios = []
    with tempfile.TemporaryDirectory(prefix="voipbox-bench-") as folder:
        for ratio in measured(arguments.only or PARTS, Path(folder), arguments.rounds):
            print(f"{ratio.name}: {ratio.ratio:.3f} (at most {ratio.limit})", flush=True)
            ratios.append(ratio)
    print("\n" + report.table(ratios))
    report.write(ratios)
    return 0 if all(ratio.good for ratio in ratios) else 1


def measured(parts: list[str] | tuple[str, ...], folder: Path, rounds: int) -> Iterator[Ratio]:
    """The ratios of the named parts."""
    if "collection" in parts:
        lab = Lab(folder / "lab")
        lab.up()
        try:
            yield from Scenarios(lab, folder / "work", rounds).run()
        finally:
            lab.down()
    if "throughput" in parts:
        yield Throughput(folder / "throughput", min(rounds, 3)).run()
    if "orders" in parts:
        yield from ManyOrders(folder / "orders").run()


if __name__ == "__main__":
    sys.exit(main())
