"""The benchmark of limits: the lines first, alone; then the outcome, on real processes."""

from __future__ import annotations

from jobs.clock import clock
from launcher.interrupts import Interrupts
from verification.benchmark import machine, preconditions
from verification.benchmark.limits.disturbed import Disturbed
from verification.benchmark.limits.lines import Lines
from verification.benchmark.limits.options import Asked
from verification.benchmark.limits.result import Result
from verification.benchmark.processes.start import Tell


class Pressure:
    """Benchmark of limits: the lines, then the outcome."""

    def __init__(self, options: Asked, run: str, interrupts: Interrupts) -> None:
        self.options, self.run = options, run
        self._lines = Lines(run, options.lines)
        self._disturbed = Disturbed(options, run, interrupts)

    @property
    def headline(self) -> str:
        o = self.options
        return (
            f"Limits {self.run}: lines of up to {o.waiting:,} jobs, and {o.resume:,} that are resumed at once; logs in "
            f"{self._disturbed.cluster.folder}"
        )

    def carry_out(self, tell: Tell) -> Result:
        """Raises RoundFailed, and NotAlone: others' beats would list what waits here."""
        where = machine.describe()
        clock.measure()
        preconditions.require_alone(clock.now())
        stolen = machine.stolen()
        costs = self._lines.measure(tell)
        outcome = self._disturbed.carry_out(tell)
        return Result(
            run=self.run,
            options=self.options,
            machine=where,
            logs=self._disturbed.cluster.folder,
            costs=costs,
            outcome=outcome,
            stolen=machine.stolen() - stolen,
        )
