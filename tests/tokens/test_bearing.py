"""What a token opens: no more than its owner may at that time, and of that no more than its scopes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from jobs import tokens
from jobs.models import Job, Token
from tests.api.conftest import JOBS, new_job
from tests.bearing import make_token, secret_of

HOUR = timedelta(hours=1)
ME = "/api/v1/tokens/me/"


def of(secret: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {secret}"})


def create(client: Client):
    return client.post(JOBS, new_job(), content_type="application/json")


def gone(token: Token, at=None) -> None:
    """Have it expire, or have expired."""
    token.credential.expiry = at or timezone.now() - HOUR
    token.credential.save()


@pytest.fixture
def ada(db):
    user = User.objects.create_user("ada", password="correct horse")
    wanted = ["add_job", "view_job", "control_job"]
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="jobs", codename__in=wanted))
    return user


def test_a_scope_that_is_missing_is_named(ada, problem):
    api = of(secret_of(ada, name="looks", scopes=["jobs.view_job"]))
    assert api.get(JOBS).status_code == 200
    body = problem(create(api), 403, says="needs the scope 'jobs.add_job', which the token 'looks' (runat_")
    assert "does not have" in body["detail"]
    assert not Job.objects.exists()


def test_a_scope_is_no_right(ada, problem):
    """Whoever gave the right has taken it away: the scope is still there."""
    api = of(secret_of(ada, scopes=["jobs.view_job", "jobs.add_job"]))
    assert create(api).status_code == 201
    ada.user_permissions.remove(Permission.objects.get(codename="add_job"))
    problem(create(api), 403, says="needs the permission 'jobs.add_job', which the user 'ada' does not have")


def test_a_superuser_with_scopes_is_none(db, problem):
    root = User.objects.create_superuser("root")
    narrow = of(secret_of(root, scopes=["jobs.view_job"]))
    assert narrow.get(JOBS).status_code == 200
    problem(create(narrow), 403, says="the scope 'jobs.add_job'")
    assert create(of(secret_of(root))).status_code == 201
    root.refresh_from_db()
    assert root.is_superuser


def test_an_overlap_that_stops_others_needs_the_scope(ada, problem):
    api = of(secret_of(ada, name="creates", scopes=["jobs.add_job"]))
    sent = new_job(key="books", overlap="cancel")
    answer = api.post(JOBS, sent, content_type="application/json")
    problem(answer, 403, says="the scope 'jobs.control_job'")


def change_password(user):
    user.set_password("another horse")
    user.save()


def change_password_by_sql(user):
    User.objects.filter(pk=user.pk).update(password="!")


def deactivate(user):
    User.objects.filter(pk=user.pk).update(is_active=False)


@pytest.mark.parametrize(
    ("do", "says"),
    [
        (change_password, "password has changed"),
        (change_password_by_sql, "password has changed"),
        (deactivate, "account is not active"),
        (lambda user: gone(Token.objects.get(owner=user)), "It expired on"),
    ],
)
def test_what_ends_it(ada, problem, do, says):
    made = make_token(ada, life=2 * HOUR)
    assert of(made.secret).get(JOBS).status_code == 200
    do(ada)
    problem(of(made.secret).get(JOBS), 401, says=says)
    assert says in Token.objects.get().why_ended(timezone.now())


def test_to_save_a_user_ends_nothing(ada):
    api = of(secret_of(ada))
    ada.email = "ada@example.com"
    ada.save()
    assert api.get(JOBS).status_code == 200


def test_a_password_that_is_only_hashed_anew_is_the_same(ada, monkeypatch):
    """As after an upgrade of Django, at the next login."""
    api, before = of(secret_of(ada)), ada.password
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", PBKDF2PasswordHasher.iterations + 1)
    assert Client().post("/login/", {"username": "ada", "password": "correct horse"}).status_code == 302
    ada.refresh_from_db()
    assert ada.password != before
    assert api.get(JOBS).status_code == 200
    # An equally short save, which changes it: its old hash asked for no new one.
    ada.password = "pbkdf2_sha256$1$another$hash"
    ada.save(update_fields=["password"])
    assert api.get(JOBS).status_code == 401


def test_one_that_ended_before_its_hash_was_made_anew_stays_so(ada, monkeypatch):
    api = of(secret_of(ada))
    change_password(ada)
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", PBKDF2PasswordHasher.iterations + 1)
    assert Client().post("/login/", {"username": "ada", "password": "another horse"}).status_code == 302
    assert api.get(JOBS).status_code == 401


def test_a_rotated_one_goes_on_for_its_grace_time(ada, problem):
    now = timezone.now()
    old = make_token(ada, name="nightly", scopes=["jobs.view_job"], queues=["mail"], life=30 * 24 * HOUR)
    new = tokens.rotate(old.token, HOUR, by=ada, now=now)
    assert old.secret != new.secret
    assert [of(made.secret).get(ME).status_code for made in (old, new)] == [200, 200]
    told = [of(made.secret).get(ME).json() for made in (old, new)]
    same = ("name", "owner", "scopes", "queues", "targets")
    assert [told[0][field] for field in same] == [told[1][field] for field in same]
    assert Token.objects.get(pk=old.token.pk).expires_at == now + HOUR
    assert abs(new.token.expires_at - now - 30 * 24 * HOUR) < timedelta(minutes=1)
    gone(Token.objects.get(pk=old.token.pk), now)
    problem(of(old.secret).get(ME), 401, says="was replaced")
    assert of(new.secret).get(ME).status_code == 200


def test_one_that_is_rotated_without_grace_is_gone(ada, problem):
    old = make_token(ada, name="nightly")
    new = tokens.rotate(old.token, timedelta(), by=ada, now=timezone.now())
    problem(of(old.secret).get(ME), 401, says="Invalid token")
    assert of(new.secret).get(ME).status_code == 200


def test_the_grace_time_makes_no_life_longer(ada):
    now = timezone.now()
    old = make_token(ada, life=HOUR).token
    tokens.rotate(old, 24 * HOUR, by=ada, now=now)
    assert Token.objects.get(pk=old.pk).expires_at <= now + HOUR + timedelta(seconds=1)


def test_what_a_changed_password_has_ended_gets_no_grace(ada):
    old = make_token(ada)
    change_password(ada)
    new = tokens.rotate(old.token, 24 * HOUR, by=ada, now=timezone.now())
    assert of(new.secret).get(ME).status_code == 200
    assert [token.pk for token in Token.objects.all()] == [new.token.pk]


def test_it_tells_about_itself_and_can_end_itself(ada, problem):
    made = make_token(ada, name="nightly", scopes=["jobs.view_job"], targets=["demo.noop"])
    told = of(made.secret).get(ME).json()
    assert told["scopes_in_words"] == ["see jobs, workers and figures"]
    wanted = {"name": "nightly", "owner": "ada", "targets": ["demo.noop"], "queues": None, "expires_at": None}
    assert told.items() >= wanted.items()
    assert made.secret not in str(told)
    assert of(made.secret).delete(ME).status_code == 204
    problem(of(made.secret).get(ME), 401)
    session = Client()
    session.force_login(ada)
    problem(session.get(ME), 404, says="came with a session")
