"""Ratios, their table and build/bench.json."""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass
from pathlib import Path

RESULT = Path(__file__).parents[2] / "build" / "bench.json"


@dataclass
class Ratio:
    """One measured ratio; at most the limit is good. samples are the single ratios, in the order they were taken."""

    name: str
    limit: float
    samples: list[float]

    @property
    def ratio(self) -> float:
        """The median of the samples."""
        return statistics.median(self.samples)

    @property
    def good(self) -> bool:
        """True when the median keeps the limit."""
        return self.ratio <= self.limit

    def as_dict(self) -> dict[str, object]:
        """The entry of bench.json."""
        return {
            "name": self.name,
            "ratio": round(self.ratio, 4),
            "limit": self.limit,
            "samples": [round(sample, 4) for sample in self.samples],
        }


def table(ratios: list[Ratio]) -> str:
    """The ratios as text, with median and spread."""
    lines = [f"{'what':<58} {'ratio':>8} {'limit':>7} {'spread':>19}"]
    for ratio in ratios:
        spread = f"{min(ratio.samples):.3f} to {max(ratio.samples):.3f}"
        mark = "" if ratio.good else "  OVER"
        lines.append(f"{ratio.name:<58} {ratio.ratio:>8.3f} {ratio.limit:>7.2f} {spread:>19}{mark}")
    return "\n".join(lines)


def write(ratios: list[Ratio]) -> None:
    """Write build/bench.json; entries of other benches that are in the file stay."""
    RESULT.parent.mkdir(exist_ok=True)
    mine = {ratio.name for ratio in ratios}
    kept = []
    if RESULT.exists():
        kept = [entry for entry in json.loads(RESULT.read_text(encoding="utf-8")) if entry["name"] not in mine]
    RESULT.write_text(json.dumps(kept + [ratio.as_dict() for ratio in ratios], indent=2) + "\n", encoding="utf-8")
