"""Program of the installation's own: calls of `from jobs import ...`, each asked for by a line of its standard input and
answered by one of its standard output, both JSON. `await` before a verb: as a coroutine."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import django
from asgiref.sync import async_to_sync

django.setup()

import jobs  # noqa: E402 - what it exports needs the models

RIGHTS = {"ada": ("add_job", "view_job", "control_job"), "eve": ("view_job",)}


def users() -> dict[str, str]:
    """Make the users of these tests; return a token of each."""
    from django.contrib.auth.models import Permission, User  # noqa: PLC0415 - not before Django is set up

    from tests.bearing import secret_of  # noqa: PLC0415 - as above

    tokens = {}
    for name, rights in RIGHTS.items():
        user = User.objects.create_user(name)
        user.user_permissions.set(Permission.objects.filter(content_type__app_label="jobs", codename__in=rights))
        tokens[name] = secret_of(User.objects.get(pk=user.pk))
    return tokens


def of(handle: jobs.JobHandle) -> dict[str, Any]:
    """Return a handle as REST names its fields."""
    said = asdict(handle) | {"state_name": handle.state.label, "run_at": handle.run_at.isoformat()}
    del said["state"]
    return said


def schedule(job: dict[str, Any], **beside: Any) -> jobs.JobHandle:
    given = {**job, **beside}
    return jobs.schedule(given.pop("target"), given.pop("payload", None), **given)


async def aschedule(job: dict[str, Any], **beside: Any) -> jobs.JobHandle:
    given = {**job, **beside}
    return await jobs.aschedule(given.pop("target"), given.pop("payload", None), **given)


CALLS: dict[str, Callable[..., Any]] = {
    "users": users,
    "create": schedule,
    "create_many": jobs.schedule_many,
    "job": jobs.get,
    "cancel": jobs.cancel,
    "reschedule": jobs.reschedule,
    "wait": jobs.wait,
    "await create": async_to_sync(aschedule),
    "await create_many": async_to_sync(jobs.aschedule_many),
    "await cancel": async_to_sync(jobs.acancel),
    "await reschedule": async_to_sync(jobs.areschedule),
    "await wait": async_to_sync(jobs.await_job),
}


def answer(call: str, args: list[Any], beside: dict[str, Any], by: str | None) -> dict[str, Any]:
    """Call it for this user, and return what comes of it."""
    from django.contrib.auth.models import User  # noqa: PLC0415 - as above

    try:
        with jobs.acting_as(User.objects.get(username=by) if by else None):
            found = CALLS[call](*args, **beside)
    except jobs.Refused as refused:
        return {"refused": [refused.kind, str(refused), refused.problems]}
    except TimeoutError as error:
        return {"timeout": str(error)}
    return {"said": of(found) if isinstance(found, jobs.JobHandle) else found}


def main() -> None:
    for line in sys.stdin:
        sys.stdout.write(f"{json.dumps(answer(**json.loads(line)))}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
