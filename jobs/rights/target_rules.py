"""Rules of targets: which are switched off, and which need an approval beyond what their code says. Kept in the process
for a few seconds, so that a job costs a look into a dictionary."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from jobs import sentences, targets
from jobs.clock import steady
from jobs.database import transaction
from jobs.models import TargetRule

KEPT = 5.0  # seconds: after as long a change holds in all processes


class Rule(NamedTuple):
    """Rule of one target."""

    switched_off: bool
    dangerous: bool
    reason: str


NO_RULES: Mapping[str, Rule] = {}
_kept: tuple[float, Mapping[str, Rule]] = (-math.inf, NO_RULES)  # when they were read, and what


def why_switched_off(target: str) -> str:
    """Return why no job of this target starts, a sentence; empty where nothing keeps them."""
    rule = _rules().get(target)
    if rule is None or not rule.switched_off:
        return ""
    why = f" ({rule.reason.rstrip('.')})" if rule.reason else ""
    return sentences.SWITCHED_OFF(target=target, why=why)


def is_dangerous(target: str, payload: object) -> bool:
    """Return whether a job of this target and payload waits for an approval, by its code or by a rule."""
    rule = _rules().get(target)
    return (rule is not None and rule.dangerous) or targets.is_dangerous(target, payload)


def forget(**_: Any) -> None:
    """Read the rules anew when they are needed next."""
    global _kept  # noqa: PLW0603 - one for the process
    _kept = (-math.inf, NO_RULES)


def _rules() -> Mapping[str, Rule]:
    global _kept  # noqa: PLW0603 - as above
    at, rules = _kept
    now = steady()
    if now - at > KEPT:
        rows = TargetRule.objects.order_by().values_list("target", "switched_off", "dangerous", "reason")
        rules = {target: Rule(off, dangerous, reason) for target, off, dangerous, reason in rows}
        _kept = (now, rules)
    return rules


@receiver([post_save, post_delete], sender=TargetRule)
def _changed(**_: Any) -> None:
    forget()
    transaction.on_commit(forget)
