"""Web processes as they are documented, on the test's database and broker."""

from __future__ import annotations

import http.client
import socket
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User

from launcher.process import spawn
from tests.bearing import secret_of
from tests.integration.conftest import Cluster, broker_url, cluster, wait_for

__all__ = ["broker_url", "cluster"]

OURS = ["-m", "project.web", "--bind"]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def answers(port: int, path: str = "/healthz") -> bool:
    caller = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        caller.request("GET", path)
        return caller.getresponse().status == 200
    except OSError:
        return False
    finally:
        caller.close()


def start_web(cluster: Cluster, name: str = "web", command: list[str] = OURS, **environment: str) -> int:
    """Start it and return its port once it answers. `command` ends with the option that takes the address."""
    port = free_port()
    with (cluster.folder / f"{name}.log").open("ab") as log:
        cluster.processes[name] = spawn(
            [sys.executable, *command, f"127.0.0.1:{port}"],
            log=log,
            cwd=settings.BASE_DIR,
            environment=cluster.environment | {"DEBUG": "0", "SECRET_KEY": settings.SECRET_KEY} | environment,
        )
    wait_for(lambda: answers(port), f"{name} to answer")
    return port


@pytest.fixture
def web(cluster: Cluster) -> Callable[..., int]:
    return lambda *args, **kwargs: start_web(cluster, *args, **kwargs)


@pytest.fixture
def token(transactional_db: Any) -> str:
    """Of somebody who may create jobs, look at them and call triggers."""
    person = User.objects.create_user("ada")
    wanted = ["add_job", "view_job", "control_job", "fire_trigger"]
    person.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    return secret_of(person)
