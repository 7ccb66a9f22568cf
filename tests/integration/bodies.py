"""Jobs whose bodies leave their keys in a file: what was entered, and how often, by evidence outside our tables."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs import transitions
from jobs.clock import clock
from jobs.rules import NewJob
from tests.integration import poison

if TYPE_CHECKING:
    from tests.integration.conftest import Cluster


class Bodies:
    """`file` is where they leave their keys."""

    def __init__(self, cluster: Cluster, file: Path) -> None:
        self.cluster, self.file = cluster, file
        self.file.touch()

    def launch(self, name: str, **more: Any) -> Any:
        """Start a worker that knows the targets of tests/integration/poison.py."""
        return self.cluster.launch(name, targets=poison.__name__, **{poison.ENTRIES: str(self.file)}, **more)

    def create(self, after: float, target: str, key: str, *, queue: str = "default", **payload: Any) -> int:
        """Past the rules, since this process does not know those targets."""
        now = clock.now()
        new = NewJob(f"poison.{target}", {"key": key, **payload}, now + timedelta(seconds=after), queue=queue)
        return transitions.create(new, now=now)[0].pk

    def entered(self) -> Counter[str]:
        return Counter(self.file.read_text().split("\n")[:-1])
