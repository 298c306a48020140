"""`python -m tests.bench`: measure everything on a lab of its own, print the table, write build/bench.json."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from voipbox_lab.lab import Lab

from tests.bench import report
from tests.bench.scenarios import Scenarios


def main() -> int:
    """Exit code 0 when every ratio keeps its limit."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each case is taken")
    arguments = parser.parse_args()
    ratios = []
    with tempfile.TemporaryDirectory(prefix="voipbox-bench-") as folder:
        lab = Lab(Path(folder) / "lab")
        lab.up()
        try:
            for ratio in Scenarios(lab, Path(folder) / "work", arguments.rounds).run():
                print(f"{ratio.name}: {ratio.ratio:.3f} (at most {ratio.limit})", flush=True)
                ratios.append(ratio)
        finally:
            lab.down()
    print("\n" + report.table(ratios))
    report.write(ratios)
    return 0 if all(ratio.good for ratio in ratios) else 1


if __name__ == "__main__":
    sys.exit(main())
