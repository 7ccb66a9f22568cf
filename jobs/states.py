"""The states of a job. docs/states.md has the picture; jobs/transitions/ is the only writer."""

from django.db import models


class State(models.IntegerChoices):
    """Numbers are part of the table's contract and never change their meaning."""

    PENDING = 0, "pending"  # not started; `enqueued_at` says whether it has been published
    RUNNING = 1, "running"  # acquired and committed; `locked_at` set
    COMPLETED = 2, "completed"  # `execute_at` and `finished_at` set
    FAILED = 3, "failed"  # the target raised, could not be called, or its deadline passed
    CANCELLED = 4, "cancelled"  # by a person or program, before the start
    INTERRUPTED = 5, "interrupted"  # its worker vanished after the start: its effects are unknown
    SKIPPED = 6, "skipped"  # by policy


FINAL = frozenset(State) - {State.PENDING, State.RUNNING}

# What an operator may start again. A completed job is done: run it again as a new job.
RETRYABLE = frozenset({State.FAILED, State.CANCELLED, State.INTERRUPTED, State.SKIPPED})

# How a started attempt can end.
OUTCOMES = frozenset({State.COMPLETED, State.FAILED, State.INTERRUPTED})
