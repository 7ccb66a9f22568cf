"""Tasks that these tests enqueue."""

from __future__ import annotations

import asyncio

from django_tasks import task

SEEN: list[object] = []


@task
def add(a: int, b: int = 0) -> int:
    """Add two numbers."""
    SEEN.append((a, b))
    return a + b


@task
async def add_async(a: int, b: int) -> int:
    await asyncio.sleep(0)
    return a + b


class Broken(Exception):
    """An error with a module of its own."""


@task
def fail(words: str) -> None:
    raise Broken(words)


@task(takes_context=True)
def attempts(context) -> list[object]:
    return [context.attempt, context.task_result.id, context.task_result.status]


@task
def returns(kind: str) -> object:
    return {"set": {1}, "tuple": (1, 2), "float": 0.1, "none": None}[kind]


def no_task() -> None:
    SEEN.append("called")
