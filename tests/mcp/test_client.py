"""The SDK's own client against the real web process: by the handshake of old, and by the stateless protocol of 2026."""

from __future__ import annotations

import json
from datetime import timedelta

import anyio
import httpx2
import pytest
from django.contrib.auth.models import User
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from jobs.clock import clock
from jobs.mcp import tools
from jobs.models import Job, Proposal
from jobs.states import State
from tests.bearing import secret_of
from tests.monitor.rows import pending
from tests.rights.conftest import permissions
from tests.web.conftest import broker_url, cluster, web

__all__ = ["broker_url", "cluster", "web"]
pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]
PATIENCE = 120.0  # seconds, on a machine that does much else


def vera() -> User:
    user = User.objects.create_user("vera")
    user.user_permissions.set(permissions(["jobs.view_job", "jobs.view_limit", "jobs.view_schedule"]))
    return user


def http(secret: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(headers={"Authorization": f"Bearer {secret}"}, timeout=PATIENCE)


async def talk(url: str, secret: str, mode: str, job_id: int) -> tuple[str, set[str], dict, dict]:
    async with http(secret) as over, Client(streamable_http_client(url, http_client=over), mode=mode) as client:
        listed = await client.list_tools()
        shown = await client.call_tool("show_job", {"job_id": job_id})
        asked = {"action": "cancel", "job_id": job_id, "reason": "It came twice."}
        proposed = await client.call_tool("propose_change_of_job", asked)
        missing = await client.call_tool("show_job", {"job_id": 2**40})
        assert missing.is_error
        assert "There is no job" in missing.content[0].text
        names = {tool.name for tool in listed.tools}
        found = (json.loads(one.content[0].text) for one in (shown, proposed))
        return client.protocol_version, names, *found


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_the_sdks_client_lists_looks_and_proposes(web, mode):
    job, secret = pending(clock.now() + timedelta(hours=1), name="invoices"), secret_of(vera())
    url = f"http://127.0.0.1:{web()}/mcp/"
    version, names, shown, proposed = anyio.run(talk, url, secret, mode, job.pk)
    assert version == {"legacy": "2025-11-25", "auto": "2026-07-28"}[mode]
    assert names == tools.TOOLS.keys()
    assert (shown["id"], shown["name"]) == (job.pk, "invoices")
    assert Job.objects.get(pk=job.pk).state == State.PENDING
    assert Proposal.objects.get().pk == proposed["proposal"]
    assert proposed["address"].startswith(url.removesuffix("mcp/"))


def test_without_a_token_the_client_gets_nowhere(web):
    url = f"http://127.0.0.1:{web()}/mcp/"

    async def without() -> int:
        async with httpx2.AsyncClient(timeout=PATIENCE) as client:
            message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
            return (await client.post(url, json=message)).status_code

    assert anyio.run(without) == 401
