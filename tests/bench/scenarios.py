"""What is measured: each scenario gives ratios, its cases interleaved so that a busy minute hits all of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

from tests.bench import crowd, database_time, orders
from tests.bench.report import Ratio

NOOP = Path(__file__).parent / "noop.yml"


class Scenarios:
    """All scenarios over one lab. Parameters: lab (up), folder for tenant files, rounds, how often each is taken."""

    def __init__(self, lab, folder: Path, rounds: int) -> None:
        self.lab = lab
        self.folder = folder
        self.rounds = rounds
        self.playbooks = orders.Playbooks(str(lab.inventory_path), folder / "state")
        self.serial = itertools.count()
        self.numbers = itertools.count(1)

    def run(self) -> Iterator[Ratio]:
        """Every ratio, as it becomes known."""
        yield from self.small_runs()
        yield self.database_time()
        yield self.batch()
        yield self.second_run()
        yield self.crowded()

    def files(self, count: int = 1, extensions: int = 10) -> Path:
        """A new folder with new tenants."""
        first = next(self.numbers)
        for _ in range(count - 1):
            next(self.numbers)
        return orders.write(self.folder / f"set{next(self.serial)}", range(first, first + count), extensions)

    def small_runs(self) -> Iterator[Ratio]:
        """One order against a playbook that does nothing, and 100 extensions against 10."""
        self.playbooks.provision(self.files())
        order_samples, size_samples = [], []
        for _ in range(self.rounds):
            noop = self.playbooks.run(NOOP)
            small = self.playbooks.provision(self.files())
            large = self.playbooks.provision(self.files(extensions=100))
            order_samples.append(small / noop)
            size_samples.append(large / small)
        yield Ratio("an order, to a playbook with one no-op task", 2.0, order_samples)
        yield Ratio("100 extensions, to 10", 1.2, size_samples)

    def database_time(self) -> Ratio:
        """The engine's database time against one bare transaction with the same rows."""
        samples = [database_time.sample(self.lab, orders.tenant(next(self.numbers))) for _ in range(max(self.rounds, 5))]
        return Ratio("database time of the modules, to one bare transaction", 2.0, samples)

    def batch(self) -> Ratio:
        """A tenant in a run of fifty, against a run of its own (1/20 is the limit)."""
        samples = []
        for _ in range(self.rounds):
            alone = self.playbooks.provision(self.files())
            together = self.playbooks.provision(self.files(50)) / 50
            samples.append(together / alone)
        return Ratio("a tenant in a run of 50, to a run of its own", 0.05, samples)

    def second_run(self) -> Ratio:
        """Milliseconds a tenant of a second run over 200, in units of 20 ms."""
        files = self.files(200)
        self.playbooks.provision(files)
        samples = [self.playbooks.provision(files) / 200 / 0.020 for _ in range(self.rounds)]
        return Ratio("a second run of 200 tenants, a tenant to 20 ms", 1.0, samples)

    def crowded(self) -> Ratio:
        """A tenant added to a database with 2,000 tenants, against the same in an empty one."""
        self.lab.reset()
        before = [self.playbooks.provision(self.files()) for _ in range(self.rounds)]
        seed = self.files()
        self.playbooks.provision(seed)
        domain = next(seed.iterdir()).stem + ".pbx.example.com"
        crowd.copy_tenant(self.lab.dsn, domain, 2000)
        after = [self.playbooks.provision(self.files()) for _ in range(self.rounds)]
        base = sorted(before)[len(before) // 2]
        return Ratio("a tenant beside 2,000 others, to one of the first", 1.2, [seconds / base for seconds in after])
