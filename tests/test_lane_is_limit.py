"""0028: the model Lane is called Limit; its table, who had rights, and the admin's log stay as they were."""

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from django.test import Client

from jobs.models import Limit
from tests.early import early_database

pytestmark = pytest.mark.django_db(transaction=True)
VERBS = ("view", "add", "change", "delete", "pause")
BEFORE, AFTER = "0027", "0028"
# As the release before asks while it runs beside this one.
ITS_SQL = """
INSERT INTO jobs_lane (kind, name, concurrency, burst, paused_at, pause_reason) VALUES ('queue', 'mail', 2, 1, NULL, '');
SELECT FROM jobs_lane WHERE kind = 'queue' AND name = 'mail' FOR NO KEY UPDATE SKIP LOCKED;
SELECT l.id, l.kind, l.name, l.concurrency, l.rate, l.burst, l.paused_at, l.paused_by_id, l.pause_reason, l.next_start_at
FROM jobs_lane l WHERE l.concurrency IS NOT NULL OR l.rate IS NOT NULL OR l.paused_at IS NOT NULL
"""


@pytest.fixture(scope="module", autouse=True)
def _early(django_db_setup, django_db_blocker):
    with early_database(BEFORE, django_db_blocker):
        yield


@pytest.fixture(autouse=True)
def _from_after():
    """Each begins with names of today, as an installation that goes back does."""
    to(AFTER)


def to(migration):
    call_command("migrate", "jobs", migration, verbosity=0)
    ContentType.objects.clear_cache()


def codenames(*, of=None):
    """Of all permissions for lanes and limits, or of those that somebody has."""
    found = Permission.objects.filter(content_type__app_label="jobs", codename__regex="_(lane|limit)$")
    if of is not None:
        found = found.filter(pk__in=of.values("pk"))
    return sorted(found.values_list("content_type__model", "codename"))


def all_for(model, *verbs):
    return sorted((model, f"{verb}_{model}") for verb in verbs or VERBS)


def allowed(model, *verbs):
    return Permission.objects.filter(content_type__model=model, codename__in=[f"{verb}_{model}" for verb in verbs])


def twin(model):
    """Its content type and permissions beside the other's, as a process of the other release leaves them."""
    kind = ContentType.objects.create(app_label="jobs", model=model)
    for verb in VERBS:
        Permission.objects.create(content_type=kind, codename=f"{verb}_{model}", name=f"Can {verb}")
    return kind


@pytest.fixture
def group():
    group = Group.objects.create(name="operators")
    group.permissions.set(allowed("limit", "view", "change", "pause"))
    return group


@pytest.fixture
def ada(group):
    ada = User.objects.create_user("ada", password="x", is_staff=True)
    ada.groups.add(group)
    ada.user_permissions.set(allowed("limit", "delete"))
    return ada


def test_rights_are_those_on_lanes_before_and_on_limits_after(ada, group):
    to(BEFORE)
    assert codenames() == all_for("lane")
    assert codenames(of=group.permissions) == all_for("lane", "view", "change", "pause")
    assert codenames(of=ada.user_permissions) == all_for("lane", "delete")
    to(AFTER)
    assert codenames() == all_for("limit")
    assert codenames(of=group.permissions) == all_for("limit", "view", "change", "pause")
    assert codenames(of=ada.user_permissions) == all_for("limit", "delete")


@pytest.mark.parametrize(("here", "there", "migration"), [("lane", "limit", AFTER), ("limit", "lane", BEFORE)])
def test_rights_of_both_names_become_rights_of_one(ada, group, here, there, migration):
    to(BEFORE if here == "lane" else AFTER)
    kind = twin(there)
    ada.user_permissions.add(*allowed(there, "add"))
    LogEntry.objects.create(user=ada, content_type=kind, object_id="7", object_repr="mail", action_flag=CHANGE)
    to(migration)
    assert codenames() == all_for(there)
    assert codenames(of=group.permissions) == all_for(there, "view", "change", "pause")
    assert codenames(of=ada.user_permissions) == all_for(there, "add", "delete")
    assert LogEntry.objects.get().content_type == ContentType.objects.get(app_label="jobs", model=there)
    assert not ContentType.objects.filter(app_label="jobs", model=here).exists()


def test_the_admins_log_stays_with_its_limit(ada):
    to(BEFORE)
    lane = ContentType.objects.get(app_label="jobs", model="lane")
    LogEntry.objects.create(user=ada, content_type=lane, object_id="7", object_repr="mail", action_flag=CHANGE)
    to(AFTER)
    assert LogEntry.objects.get().get_admin_url() == "/admin/jobs/limit/7/change/"
    to(BEFORE)
    assert LogEntry.objects.get().content_type == lane


def relations():
    """The table, what belongs to it, and which files they are in: a rewritten one is in another."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT oid, relname, relkind, pg_relation_filenode(oid) FROM pg_class WHERE relname ~ '^jobs_(lane|limit)_?' "
            "AND relname !~ 'limitaudit'"
        )
        found = set(cursor.fetchall())
        cursor.execute("SELECT oid, conname FROM pg_constraint WHERE conrelid = 'jobs_lane'::regclass")
        return found, set(cursor.fetchall())


def test_the_table_and_its_names_stay():
    today = relations()
    assert len(today[0]) > 3
    to(BEFORE)
    assert relations() == today
    to(AFTER)
    assert relations() == today


@pytest.mark.parametrize("migration", [BEFORE, AFTER])
def test_the_release_before_goes_on_with_its_table(migration):
    to(migration)
    with connection.cursor() as cursor:
        for statement in ITS_SQL.split(";"):
            cursor.execute(statement)
        assert [row[2:4] for row in cursor.fetchall()] == [("mail", 2)]


def test_the_last_moved_rights_open_the_admin_and_rest(ada):
    to(BEFORE)
    call_command("migrate", verbosity=0)
    ContentType.objects.clear_cache()
    limit = Limit.objects.create(name="mail", concurrency=2)
    client = Client()
    client.force_login(ada)
    assert client.get(f"/admin/jobs/limit/{limit.pk}/change/").status_code == 200
    assert client.get("/api/v1/limits/queue/mail/").json()["concurrency"] == 2
    assert client.delete("/api/v1/limits/queue/mail/").status_code == 204
    assert client.get("/admin/jobs/limit/add/").status_code == 403
