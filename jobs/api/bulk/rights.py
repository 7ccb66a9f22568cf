"""Rights that the jobs of a table need: told of each row beforehand, since one alone would have all refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from jobs import rules
from jobs.api.bulk.judging import Judge
from jobs.models.team import LABEL
from jobs.rules.rights import rights_problems
from jobs.transitions.dependencies import block

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


def judge_rights(judge: Judge, by: AbstractBaseUser | None) -> None:
    """Note of each good job what would have all refused when they are created. What is alike is asked once. Raises
    JobsRefused when so many are wrong that the rest is not worth a look."""
    known: dict[object, Mapping[str, list[str]]] = {}

    def problems_of(new: rules.NewJob) -> Mapping[str, list[str]]:
        alike = (new.overlap, new.queue, new.target, new.key, new.labels.get(LABEL), new.waits_for)
        if alike not in known:
            found = {name: list(said) for name, said in rights_problems(new, by).items()}
            if new.waits_for and (missing := list(block.problems(new.waits_for, by))):
                found["waits_for"] = missing
            known[alike] = found
        return known[alike]

    judge.judge_further(problems_of)
