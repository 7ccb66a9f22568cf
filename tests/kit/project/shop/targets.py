"""Targets of the shop."""

from datetime import timedelta

from django.contrib.auth.models import User
from django.db import connection, transaction

from jobs import schedule
from jobs.clock import clock
from jobs.targets import Context, target

DONE = []  # in the order in which they ran


@target("shop.note")
def note(text: str, number: int = 0) -> dict[str, str]:
    DONE.append((text, clock.now()))
    return {"noted": text}


@target("shop.fail")
def fail(words: str) -> None:
    User.objects.create_user(words)
    raise ValueError(words)


@target("shop.break_database")
def break_database() -> None:
    User.objects.create_user("gone")
    with connection.cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere")


@target("shop.next")
def next_one(left: int) -> None:
    DONE.append((left, clock.now()))
    if left:
        schedule("shop.next", {"left": left - 1}, run_at=clock.now() + timedelta(hours=1))


@target("shop.after_commit")
def after_commit() -> None:
    transaction.on_commit(lambda: DONE.append("committed"))


@target("shop.wait")
async def wait(context: Context) -> str:
    return f"start {context.attempt} at {context.run_at:%H:%M}"
