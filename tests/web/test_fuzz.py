"""Requests that a program makes from the OpenAPI document, against a web process: what that promises is answered, for
whatever it is asked. A few hundred of them here; `make fuzz` makes thousands."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.api.world import world
from tests.bearing import secret_of
from tests.integration.conftest import Cluster, broker_url, cluster

__all__ = ["broker_url", "cluster"]

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

# Of each operation.
CASES = int(os.environ.get("FUZZ_CASES", "2"))
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


@pytest.mark.parametrize("known", [False, True], ids=["anywhere", "where there is something"])
def test_what_the_document_promises_is_answered(
    web: Callable[..., int], cluster: Cluster, make_job: Any, tmp_path: Path, known: bool
) -> None:
    ada = User.objects.create_superuser("ada", "ada@example.com", "correct horse")
    places = world(make_job, ada).places
    port, config = web(), tmp_path / "schemathesis.toml"
    lines = (f'"path.{name}" = {json.dumps(str(value))}' for name, value in places.items())
    config.write_text("[parameters]\n" + "\n".join(lines) + "\n" if known else "")
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config)),
        *("run", f"http://127.0.0.1:{port}/api/schema/", "--header", f"Authorization: Bearer {secret_of(ada)}"),
        *("--checks", ",".join(CHECKS), "--generation-with-security-parameters", "false"),
        *("--phases", "examples,fuzzing", "--max-examples", str(CASES), "--seed", "14", "--no-shrink"),
        *("--exclude-operation-id", "tokens_me_revoke"),  # it would go on without its token
        *("--generation-database", "none", "--no-color"),
    ]
    hooks = os.environ | {"SCHEMATHESIS_HOOKS": "fuzzing", "PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=1_800, check=False, env=hooks, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
    made = re.search(r"(\d+) generated", done.stdout)
    assert made is not None, done.stdout[-3_000:]
    assert int(made[1]) >= 60 * min(CASES, 10), done.stdout[-3_000:]
    assert "Authentication failed" not in done.stdout, done.stdout[-6_000:]
