"""Teams whose jobs may have a secret: asked of the job, by its label or its queue, whoever has made it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobs.conf import conf
from jobs.models.team import LABEL, Ownership, Team
from jobs.secrets import names


def team_problems(payload: object, labels: Any, queue: str) -> list[str]:
    """Return why a job of this payload may not have the secrets that it refers to, by whose it is. Two statements at
    most, and none where no secret of it is for some teams only."""
    wanted = {name: conf().secrets[name] for name in names(payload) if name in conf().secrets}
    narrow = {name: secret.teams for name, secret in wanted.items() if secret.teams}
    if not narrow:
        return []
    team = _team_of(labels, queue)
    whose = f"of the team '{team}'" if team else "of no team"
    return [
        f"The secret '{name}' is for jobs of {' and '.join(teams)} only, and this one is {whose}. Label it "
        f"{LABEL}={teams[0]}, or give it a queue of that team."
        for name, teams in narrow.items()
        if team not in teams
    ]


def _team_of(labels: Any, queue: str) -> str | None:
    """Return whose a row with these is, as jobs_standing and Reach have it; None: nobody's."""
    said = labels.get(LABEL) if isinstance(labels, Mapping) else None
    if isinstance(said, str) and Team.objects.filter(name=said).exists():
        return said
    owners = Ownership.objects.filter(kind=Ownership.Kind.QUEUE, name=queue)
    return owners.values_list("team__name", flat=True).first()
