"""/api/schema/ and /api/docs/."""

from __future__ import annotations

import json
import re

import yaml
from django.core.management import call_command
from django.test import Client


def test_the_schema_is_valid_and_whole(tmp_path: object) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", f"{tmp_path}/schema.yml")
    with open(f"{tmp_path}/schema.yml") as file:
        paths = yaml.safe_load(file)["paths"]
    assert {(path, method) for path, operations in paths.items() for method in operations} == {
        ("/api/v1/jobs/", "get"),
        ("/api/v1/jobs/", "post"),
        ("/api/v1/jobs/bulk/", "post"),
        ("/api/v1/jobs/{job_id}/", "get"),
        ("/api/v1/jobs/{job_id}/", "patch"),
        ("/api/v1/jobs/{job_id}/cancel/", "post"),
        ("/api/v1/jobs/{job_id}/run-now/", "post"),
        ("/api/v1/jobs/{job_id}/retry/", "post"),
        ("/api/v1/jobs/{job_id}/confirm-done/", "post"),
        ("/api/v1/jobs/{job_id}/confirm-failed/", "post"),
        ("/api/v1/jobs/{job_id}/approve/", "post"),
        ("/api/v1/jobs/{job_id}/keep/", "post"),
        ("/api/v1/jobs/{job_id}/let-go/", "post"),
        ("/api/v1/jobs/{job_id}/redact/", "post"),
        ("/api/v1/targets/", "get"),
        ("/api/v1/targets/{target}/", "get"),
        ("/api/v1/triggers/", "get"),
        *(("/api/v1/triggers/{name}/", method) for method in ("get", "post", "put", "delete")),
        ("/api/v1/batches/", "post"),
        ("/api/v1/batches/{batch_id}/", "get"),
        ("/api/v1/failures/", "get"),
        ("/api/v1/destinations/", "get"),
        *(("/api/v1/alert-rules/", method) for method in ("get", "post")),
        *(("/api/v1/alert-rules/{rule_id}/", method) for method in ("get", "patch", "delete")),
        *(("/api/v1/subscriptions/", method) for method in ("get", "post")),
        *(("/api/v1/subscriptions/{subscription_id}/", method) for method in ("get", "patch", "delete")),
        ("/api/v1/forecast/", "get"),
        ("/api/v1/limits/", "get"),
        *(("/api/v1/limits/{kind}/{name}/", method) for method in ("get", "put", "delete")),
        ("/api/v1/limits/{kind}/{name}/pause/", "post"),
        ("/api/v1/limits/{kind}/{name}/resume/", "post"),
        ("/api/v1/calendars/", "get"),
        *(("/api/v1/calendars/{name}/", method) for method in ("get", "put")),
        ("/api/v1/calendars/{name}/openings/", "get"),
        *(("/api/v1/schedules/", method) for method in ("get", "post")),
        ("/api/v1/schedules/preview/", "post"),
        ("/api/v1/schedules/import/", "post"),
        ("/api/v1/schedules/export/", "get"),
        ("/api/v1/schedules/missed/", "get"),
        *(("/api/v1/schedules/{schedule_id}/", method) for method in ("get", "put", "patch", "delete")),
        *((f"/api/v1/schedules/{{schedule_id}}/{verb}/", "post") for verb in ("pause", "resume")),
        ("/api/v1/schedules/{schedule_id}/runs/", "get"),
        *(
            (f"/api/v1/schedules/{{schedule_id}}/runs/{{nominal}}/{verb}/", "post")
            for verb in ("skip", "move", "arguments", "run-now", "undo")
        ),
        ("/api/v1/schedules/{schedule_id}/backfill/", "post"),
        *(("/api/v1/operations/", method) for method in ("get", "post")),
        ("/api/v1/operations/{operation_id}/undo/", "post"),
        ("/api/v1/operations/{operation_id}/", "get"),
        ("/api/v1/operations/{operation_id}/cancel/", "post"),
        *(("/api/v1/tokens/me/", method) for method in ("get", "delete")),
        ("/api/v1/workers/", "get"),
        ("/api/v1/workers/{session}/drain/", "post"),
        ("/api/v1/workers/{session}/resume/", "post"),
        ("/api/v1/alerts/", "get"),
        *((f"/api/v1/alerts/{{alert_id}}/{verb}/", "post") for verb in ("acknowledge", "silence")),
        ("/api/v1/objectives/", "get"),
        *(("/api/v1/objectives/{of}/{name}/", method) for method in ("get", "put", "delete")),
        ("/api/v1/audit/", "get"),
        ("/api/v1/audit/export/", "get"),
        ("/api/v1/jobs/export/", "get"),
        ("/api/v1/installation/", "get"),
        ("/api/v1/installation/release/", "post"),
        ("/api/v1/series/", "get"),
        ("/api/v1/stats/", "get"),
        ("/api/v1/stops/", "get"),
        ("/api/v1/stops/", "post"),
        ("/api/v1/stops/{stop_id}/", "get"),
        ("/api/v1/stops/{stop_id}/", "patch"),
        ("/api/v1/stops/{stop_id}/go-on/", "post"),
    }
    post = paths["/api/v1/jobs/"]["post"]
    assert set(post["requestBody"]["content"]) == {
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    }
    assert "application/problem+json" in post["responses"]["default"]["content"]
    too_fast = post["responses"]["429"]
    assert "retry_after_ms" in too_fast["content"]["application/problem+json"]["schema"]["properties"]
    assert "Retry-After" in too_fast["headers"]


def test_the_schema_is_served() -> None:
    assert Client().get("/api/schema/").status_code == 200


def test_the_docs_need_no_other_host() -> None:
    page = Client().get("/api/docs/").content.decode()
    assert "swagger-ui-bundle.js" in page
    loaded = re.findall(r"""(?:src|href)=["']([^"']+)""", page)
    assert loaded
    assert all(address.startswith("/") for address in loaded), loaded


def test_the_document_is_openapi_3_1_and_says_what_headers_there_are() -> None:
    document = yaml.safe_load(Client().get("/api/schema/").content)
    assert document["openapi"] == "3.1.1"
    assert '"nullable"' not in json.dumps(document), "which is of 3.0: null is a type by now"
    operations = {one["operationId"]: one for path in document["paths"].values() for one in path.values()}
    sent = {name: {one["name"] for one in of.get("parameters", [])} for name, of in operations.items()}
    assert {"If-Match"} <= sent["jobs_edit"] & sent["schedules_put"] & sent["triggers_put"] & sent["limits_put"]
    assert {"If-None-Match"} <= sent["jobs_read"] & sent["schedules_read"] & sent["triggers_get"] & sent["limits_get"]
    assert {"Idempotency-Key"} <= sent["jobs_create"] & sent["jobs_bulk"] & sent["batches_create"]
    assert {"Prefer", "wait"} <= sent["triggers_fire"]
    answered = {
        (name, status): set(answer.get("headers", {}))
        for name, of in operations.items()
        for status, answer in of["responses"].items()
    }
    assert "ETag" in answered["jobs_read", "200"]
    assert {"RateLimit", "RateLimit-Policy"} <= answered["jobs_create", "201"]
    assert {"RateLimit", "RateLimit-Policy", "Retry-After"} <= answered["jobs_create", "429"]
    assert "Preference-Applied" in answered["triggers_fire", "202"]
    assert all("Link" in answered[name, "200"] for name in ("jobs_list", "schedules_list", "audit_list"))
