"""RunAt in a project of somebody else's: its own users, admin, tasks, databases, time zone and addresses."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import connection

from tests.foreign.project import BOSS, PASSWORD, Project, wait_for

pytestmark = [pytest.mark.processes, pytest.mark.django_db]

NAME = f"somebodys_shop_{os.getpid()}"  # test processes share the server
REDIS = 9  # a database of its own of the tests' Valkey, and the next one
OF_ADMIN = (
    *("/back-office/", "/back-office/people/person/", "/back-office/jobs/job/", "/back-office/jobs/schedule/"),
    *("/back-office/jobs/schedule/add/", "/back-office/jobs/team/add/", "/back-office/jobs/token/"),
    "/back-office/django_celery_beat/periodictask/",
)
MADE = f"from people.models import Person; Person.objects.create_superuser({BOSS!r}, {PASSWORD!r})"
# A Python that has Django's newest: the first of these that there is.
DJANGOS = {"5.2": ("python3.11",), "6.0": ("python3.14", "python3.13", "python3.12")}


def python_for(django: str) -> str:
    """Return a Python that runs this Django; skips where there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for name in DJANGOS[django]:
        beside = sorted(pyenv.glob(f"{name.removeprefix('python')}.*/bin/{name}"))
        for found in (shutil.which(name), *map(str, beside)):
            if found and subprocess.run([found, "-c", "import venv"], check=False, capture_output=True).returncode == 0:
                return found
    pytest.skip(f"Django {django} was not tested: there is none of {', '.join(DJANGOS[django])} here")


def broker(number: int) -> str:
    if not str(settings.CELERY_BROKER_URL).startswith("redis"):
        pytest.skip("the shop's broker is a database of its own of a Valkey")
    return urlunsplit(urlsplit(str(settings.CELERY_BROKER_URL))._replace(path=f"/{number}"))


@pytest.fixture(scope="module")
def database(django_db_setup, django_db_blocker):
    """Makes a database of this name, until the tests have ended, and returns its address."""
    made = []

    def make(name: str) -> str:
        known = connection.settings_dict
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
            connection.close()
        made.append(name)
        return f"postgresql://{known['USER']}:{known['PASSWORD']}@{known['HOST']}:{known['PORT']}/{name}"

    yield make
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for name in made:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
        connection.close()


@pytest.fixture(scope="module", params=list(DJANGOS))
def shop(request, wheel, tmp_path_factory, database):
    """The shop with everything started, and how long that took from `pip install` on."""
    python, of_broker = python_for(request.param), broker(REDIS)
    url = database(f"{NAME}_{request.param.replace('.', '_')}")
    project = Project(tmp_path_factory.mktemp("foreign"), url, of_broker)
    project.began = time.monotonic()
    try:
        project.install(python, str(wheel), f"Django~={request.param}.0")
        project.installed = time.monotonic()
        ready(project)
        yield project
    finally:
        project.stop()


@pytest.fixture(scope="module")
def by_alias(shop, tmp_path_factory, database):
    """The shop again, in the same environment: RunAt by an alias, beside a `default` that is Django's own."""
    shop.stop()
    url = database(f"{shop.database.rpartition('/')[2]}_alias")
    project = Project(tmp_path_factory.mktemp("alias"), url, broker(REDIS + 1), shop.python, SHOP_ALIAS="runat")
    try:
        project.unpack()
        ready(project)
        yield project
    finally:
        project.stop()


def ready(project: Project) -> None:
    """Have its tables, its administrator and its processes."""
    project.says("migrate")
    project.says("migrate", "--database", "archive")
    project.says("shell", "-c", MADE)
    project.start()


TEAM = f"""
from django.test import Client
from jobs.models import Audit, Team
from people.models import Person
client = Client(SERVER_NAME="127.0.0.1")
client.force_login(Person.objects.get(email={BOSS!r}))
answer = client.post("/back-office/jobs/team/add/", {{"name": "clerks", "owns-TOTAL_FORMS": 0, "owns-INITIAL_FORMS": 0}})
assert answer.status_code == 302, answer.content.decode()
assert client.post("/back-office/jobs/team/", {{"action": "delete_selected", "post": "yes",
    "_selected_action": [Team.objects.get().pk]}}).status_code == 302
print([(one.verb, one.name, one.by_name) for one in Audit.objects.filter(subject="team").order_by("id")])
"""
AUDITED = str([(verb, "clerks", BOSS) for verb in ("create", "delete")])


@pytest.fixture(scope="module")
def themed(shop, wheel):
    """The shop once django-unfold is there, first of its apps: only its web process is another."""
    shop.add(f"{wheel}[unfold]")
    return shop.beside("themed", SHOP_THEME="unfold")


# What a person whose key is no number may define and ask for. 500 would be one that JSON or a statement cannot take.
DEFINED = f"""
import json
from django.test import Client
from people.models import Person
client = Client(SERVER_NAME="127.0.0.1")
client.force_login(Person.objects.get(email={BOSS!r}))
api = "/runat/api/v1/"
found = []
def ask(method, path, body=None, **more):
    answer = client.generic(method, api + path, json.dumps(body or {{}}), content_type="application/json", **more)
    found.append((answer.status_code, path, answer.content.decode()[:300] if answer.status_code >= 400 else ""))
    return answer.json() if answer.content and answer.status_code < 400 else {{}}
job = ask("POST", "jobs/", {{"target": "stock.count", "payload": {{"by": "x"}}, "run_at": "2099-01-01T00:00:00Z"}})
ask("PATCH", f"jobs/{{job['id']}}/", {{"name": "named"}}, HTTP_IF_MATCH=f'"{{job["version"]}}"')
ask("POST", f"jobs/{{job['id']}}/keep/", {{"reason": "for a court"}})
ask("POST", f"jobs/{{job['id']}}/cancel/", {{"reason": "no"}})
ask("POST", "jobs/bulk/", {{"jobs": [{{"target": "stock.count", "payload": {{"by": "x"}}, "run_at": "2099-01-01T00:00:00Z"}}]}})
ask("PUT", "triggers/count/", {{"target": "stock.count", "payload": {{"by": "trigger"}}}})
ask("PUT", "triggers/count/", {{"target": "stock.count", "payload": {{"by": "again"}}}})
ask("DELETE", "triggers/count/")
ask("PUT", "calendars/closed/", {{"time_zone": "UTC"}})
ask("PUT", "limits/queue/pay/", {{"concurrency": 3}})
ask("POST", "limits/queue/pay/pause/", {{"reason": "no"}})
ask("POST", "limits/queue/pay/resume/", {{"reason": "yes"}})
ask("PUT", "objectives/queue/pay/", {{"within_ms": 1000, "share": 99.9, "days": 30}})
made = ask("POST", "schedules/", {{"name": "nightly", "target": "stock.count", "payload": {{"by": "x"}}, "dialect": "cron", "expression": "0 3 * * *", "time_zone": "UTC"}})
if made:
    ask("POST", f"schedules/{{made['id']}}/pause/", {{"reason": "no"}})
    ask("DELETE", f"schedules/{{made['id']}}/")
ask("POST", "operations/", {{"action": "cancel", "filter": "queue=default&state=pending", "reason": "all", "apply": True}})
ask("POST", "stops/", {{"reason": "for a moment"}})
ask("GET", "audit/?page_size=100")
for path in ("forms/", "tokens/", "views/", "alerts/rules/", "alerts/subscriptions/", "audit/", "operations/"):
    answer = client.get("/runat/" + path)
    found.append((answer.status_code, path, ""))
later = ask("POST", "jobs/", {{"target": "stock.count", "payload": {{"by": "x"}}, "run_at": "2099-01-01T00:00:00Z"}})
ask("POST", f"jobs/{{later['id']}}/cancel/", {{"reason": "no"}})
ask("POST", f"jobs/{{later['id']}}/redact/", {{"reason": "a person asked for it"}})
fields = {{"name": "count", "title": "Count", "target": "stock.count", "payload": "{{}}", "queue": "default", "enabled": "on",
    "fields": json.dumps([{{"name": "by", "label": "By", "kind": "text", "required": True}}]), "when": "now",
    "time_zone": "UTC", "confirmation": "Thank you.", "labels": "{{}}"}}
for path, sent in {{
    "/back-office/jobs/form/add/": fields,
    "/runat/views/": {{"name": "mine", "query": "queue:default"}},
    "/runat/tokens/": {{"name": "mine", "days": "30", "max_days": "30"}},
    "/runat/alerts/rules/new/": {{"kind": "failed", "of": "queue", "name": "pay"}},
    "/back-office/jobs/targetrule/add/": {{"target": "stock.count", "is_dangerous": "on"}},
}}.items():
    answer = client.post(path, sent)
    found.append((answer.status_code if answer.status_code >= 500 else 200, path, ""))
print("FOUND " + json.dumps(found))
"""


def ended(project: Project, job_id: int) -> tuple[int, float]:
    """Return state and start delay in seconds of a job that has ended."""

    def row():
        return project.sql(
            "SELECT state, extract(epoch FROM execute_at - run_at)::float FROM jobs_job "
            "WHERE id = %s AND finished_at IS NOT NULL",
            job_id,
        )

    ((state, delay),) = wait_for(row, f"job {job_id} to end", project.log)
    return state, delay


def inserted(project: Project, by: str, after: float) -> int:
    statement = (
        "INSERT INTO jobs_job (target, payload, run_at) VALUES ('stock.count', jsonb_build_object('by', %s::text), "
        "now() + %s * interval '1 second') RETURNING id"
    )
    ((job_id,),) = project.sql(statement, by, after)
    return job_id


def test_a_job_by_sql_starts_on_their_worker_and_is_told_how_long_that_took(shop, capsys):
    job_id = inserted(shop, "sql", 12.5)  # the window after next: started on time, not found late
    state, delay = ended(shop, job_id)
    took, after = time.monotonic() - shop.began, shop.installed - shop.began
    assert (state, shop.counted("sql")) == (2, 1)
    assert delay >= 0
    with capsys.disabled():  # docs/django.md has it
        print(  # noqa: T201
            f"\nfrom pip install to a started job: {took:.0f} s, of which pip {after:.0f}; start delay {delay * 1000:.1f} ms"
        )


def test_their_own_task_and_beat_entry_go_on_as_they_were(shop):
    before = shop.counted("by beat")
    wait_for(lambda: shop.counted("by beat") > before, "their beat entry", shop.log)


def by_rest(shop: Project) -> dict[str, str]:
    """Create a job by a token of theirs, see it end, and who created it. Returns the token's header."""
    secret = [word for word in shop.says("jobs", "tokens", "create", BOSS).split() if len(word) >= 60]
    bearer = {"Authorization": f"Bearer {secret[0]}", "Content-Type": "application/json"}
    wait_for(lambda: shop.asks("/")[0] == 200, "their front page", shop.log)
    status, body = shop.asks("/runat/api/v1/jobs/", {"target": "stock.count", "payload": {"by": "rest"}}, **bearer)
    assert status == 201, (body, shop.log())
    job_id = int(body.partition('"id":')[2].partition(",")[0])
    assert ended(shop, job_id)[0] == 2
    status, body = shop.asks(f"/runat/api/v1/jobs/{job_id}/", **bearer)
    assert (status, f'"created_by":"{BOSS}"' in body.replace(": ", ":")) == (200, True), body
    return bearer


def test_a_job_by_rest_is_their_users_and_starts(shop):
    bearer = by_rest(shop)
    assert shop.asks("/runat/api/v1/jobs/")[0] == 401
    assert shop.asks("/runat/api/v1/nothing/", **bearer)[0] == 404


def shown(project: Project, *pages: str) -> dict[str, str]:
    """Return these pages, each of which is there."""
    answers = {page: project.asks(page) for page in pages}
    assert {page: body for page, (status, body) in answers.items() if status != 200} == {}, project.log()
    return {page: body for page, (_, body) in answers.items()}


def test_their_admin_and_our_pages_are_one_site(shop):
    wait_for(lambda: shop.asks("/")[0] == 200, "their front page", shop.log)
    shop.log_in()
    job_id = inserted(shop, "looked at", 3600)
    found = shown(
        shop,
        *(*OF_ADMIN, f"/back-office/jobs/job/{job_id}/change/"),
        *("/runat/", "/runat/jobs/", f"/runat/jobs/{job_id}/", "/runat/jobs/new/", "/runat/late/", "/runat/audit/"),
        *("/runat/failures/", "/runat/alerts/", "/runat/objectives/", "/runat/operations/", "/runat/tokens/"),
        *("/runat/roles/", "/runat/views/", "/runat/forecast/", "/runat/calendar/", "/runat/stop/"),
        *("/runat/api/v1/jobs/", "/runat/api/docs/", "/runat/api/schema/", "/runat/readyz"),
        *("/files/jobs/runat.css", "/files/jobs/keys.js", "/files/jobs/vendor/htmx.min.js"),
    )
    assert 'href="/jobs/' not in found["/runat/"] + found["/runat/jobs/"]
    assert [page for page in OF_ADMIN if "unfold" in found[page]] == []


def test_with_django_unfold_first_of_their_apps_a_job_made_from_their_admin_starts(themed):
    wait_for(lambda: themed.asks("/")[0] == 200, "their front page", themed.log)
    themed.log_in()
    fields = {"target": "stock.count", "payload": '{"by": "their admin"}', "queue": "default", "time_zone": "UTC"}
    path = themed.fills("/back-office/jobs/job/add/", **fields)
    job_id = int(path.removeprefix("/runat/jobs/").rstrip("/"))
    assert (ended(themed, job_id)[0], themed.counted("their admin")) == (2, 1)
    found = shown(themed, *OF_ADMIN, f"/back-office/jobs/job/{job_id}/change/", "/runat/", "/files/jobs/admin-theme.js")
    assert [page for page in OF_ADMIN if "/files/unfold/" not in found[page]] == []
    assert "no issues" in themed.says("check")


def test_who_makes_a_team_is_audited(shop):
    assert shop.says("shell", "-c", TEAM).splitlines()[-1] == AUDITED


def test_whoever_has_a_key_that_is_no_number_defines_all_that_there_is(shop):
    found = json.loads(shop.says("shell", "-c", DEFINED).rpartition("FOUND ")[2])
    assert len(found) > 20
    assert [one for one in found if one[0] >= 400] == []


def test_nothing_is_wrong_with_it_by_any_check(shop):
    assert "no issues" in shop.says("check")
    assert shop.says("makemigrations", "--check", "--dry-run").strip() == "No changes detected"


SCHEDULED = """
from datetime import UTC, datetime, timedelta
from django.db import connections, transaction
from jobs import schedule
from jobs.models import Job
try:
    with transaction.atomic(using="runat"):
        schedule("stock.count", {"by": "nobody"}, run_at=datetime.now(UTC) + timedelta(hours=1))
        raise LookupError
except LookupError:
    pass
print(Job.objects.count(), Job.objects.db, connections["default"].vendor, type(connections["default"]).__module__)
"""


class TestByAnAlias:
    """JOBS_DATABASE: `default` keeps Django's own backend and ATOMIC_REQUESTS, both of which RunAt refuses for its own."""

    def test_nothing_is_wrong_with_it_by_any_check(self, by_alias):
        assert "no issues" in by_alias.says("check", "--database", "default", "--database", "runat")
        assert "No migrations to apply" in by_alias.says("migrate", "--database", "runat")

    def test_a_job_is_created_in_a_transaction_of_that_alias(self, by_alias):
        said = by_alias.says("shell", "-c", SCHEDULED).split()
        assert said[-4:] == ["0", "runat", "postgresql", "django.db.backends.postgresql.base"]

    def test_a_job_by_rest_is_their_users_and_starts(self, by_alias):
        by_rest(by_alias)

    def test_a_job_by_sql_starts_on_time(self, by_alias):
        state, delay = ended(by_alias, inserted(by_alias, "sql by alias", 12.5))
        assert (state, by_alias.counted("sql by alias")) == (2, 1)
        assert delay >= 0

    def test_pages_and_admin_answer(self, by_alias):
        by_alias.log_in()
        job_id = inserted(by_alias, "looked at", 3600)
        pages = (
            *("/back-office/jobs/job/", f"/back-office/jobs/job/{job_id}/change/", "/back-office/jobs/schedule/add/"),
            *("/back-office/django_celery_beat/periodictask/", "/back-office/people/person/add/", "/runat/"),
            *("/runat/jobs/", f"/runat/jobs/{job_id}/", "/runat/late/", "/runat/audit/", "/runat/tokens/"),
            *("/runat/failures/", "/runat/roles/", "/runat/forecast/", "/runat/readyz", "/runat/queues/"),
        )
        answers = {page: by_alias.asks(page) for page in pages}
        assert {page: body for page, (status, body) in answers.items() if status != 200} == {}, by_alias.log()

    def test_who_makes_a_team_is_audited(self, by_alias):
        assert by_alias.says("shell", "-c", TEAM).splitlines()[-1] == AUDITED
