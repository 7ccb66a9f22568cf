"""Who makes which tokens, and what of it is written down."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from knox.models import AuthToken

from jobs import permissions, tokens
from jobs.models import Audit, Token
from jobs.tokens import changing
from tests.bearing import make_token

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def ada():
    user = User.objects.create_user("ada")
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="jobs", codename="view_job"))
    return user


def test_each_right_that_rest_asks_for_is_a_scope_in_words():
    names = {value for name, value in vars(permissions).items() if name.isupper()}
    of_pages = {permissions.DELETE_TOKEN, permissions.VIEW_FORM, permissions.CHANGE_FORM}
    assert set(tokens.SCOPES) == names - of_pages
    assert len(set(tokens.SCOPES.values())) == len(tokens.SCOPES)


def test_a_scope_without_words_has_its_name():
    assert tokens.scopes_of(Token(scopes=["jobs.view_job", "jobs.of_old"])) == [
        "see jobs, workers and figures",
        "jobs.of_old",
    ]


@pytest.mark.parametrize(
    ("asked", "field", "says"),
    [
        ({"scopes": ["jobs.add_job"]}, "scopes", "'ada' does not have the permission 'jobs.add_job'"),
        ({"scopes": ["jobs.fly"]}, "scopes", "no scope 'jobs.fly'. Known are: jobs.view_job,"),
        ({"scopes": []}, "scopes", "at least one"),
        ({"queues": ["amq gen"]}, "queues", "no name of a queue"),
        ({"queues": []}, "queues", "at least one"),
        ({"targets": ["demo.nop"]}, "targets", "no target 'demo.nop'. Known are:"),
        ({"targets": []}, "targets", "at least one"),
        ({"name": "x" * 101}, "name", "longer than 100"),
        ({"name": "two\nlines"}, "name", "cannot be seen"),
        ({"name": "nightly"}, "name", "has a token of this name"),
        ({"life": timedelta()}, "expires", "before it was made"),
        ({"life": 31 * DAY}, "expires", "30 days at most (JOBS_TOKEN_MAX_DAYS)"),
        ({"life": None}, "expires", "30 days at most"),
    ],
)
def test_what_is_refused(ada, settings, asked, field, says):
    make_token(ada, name="nightly")
    settings.JOBS_TOKEN_MAX_DAYS = 30
    with pytest.raises(ValidationError) as refused:
        make_token(ada, **{"life": DAY, **asked})
    assert list(refused.value.message_dict) == [field]
    assert says in str(refused.value)
    assert (Token.objects.count(), AuthToken.objects.count()) == (1, 1)


def test_who_is_not_active_gets_none_and_nobody_gets_more_than_enough(ada, monkeypatch):
    monkeypatch.setattr(changing, "MOST", 1)
    first = make_token(ada).token
    with pytest.raises(ValidationError, match="has 1 tokens; revoke"):
        make_token(ada)
    ada.is_active = False
    ada.save()
    with pytest.raises(ValidationError, match="not active"):
        make_token(ada)
    with pytest.raises(ValidationError, match="not active"):
        tokens.rotate(first, timedelta(), by=None, now=timezone.now())


def test_nobody_changes_tokens_of_somebody_else_but_a_superuser(ada):
    bob, now = User.objects.create_user("bob"), timezone.now()
    token = make_token(ada).token
    for refused in (
        lambda: make_token(ada, by=bob),
        lambda: tokens.rotate(token, timedelta(), by=bob, now=now),
        lambda: tokens.revoke(token, by=bob, now=now),
    ):
        with pytest.raises(PermissionDenied, match="Only a superuser"):
            refused()
    assert Token.objects.count() == 1
    root = User.objects.create_superuser("root")
    assert make_token(ada, by=root, name="by root").token.made_by == root
    tokens.revoke(token, by=root, now=now)
    assert [one.name for one in Token.objects.all()] == ["by root"]


def test_one_who_may_delete_tokens_revokes_those_of_others_and_makes_none(ada):
    bob = User.objects.create_user("bob")
    bob.user_permissions.add(Permission.objects.get(codename="delete_token"))
    tokens.revoke(make_token(ada).token, by=bob, now=timezone.now())
    assert not AuthToken.objects.exists()
    with pytest.raises(PermissionDenied):
        make_token(ada, by=bob)


def test_each_change_is_in_the_audit_and_the_secret_is_not(ada):
    now = timezone.now()
    old = make_token(ada, by=ada, name="nightly", queues=["mail", "mail"], life=DAY)
    new = tokens.rotate(old.token, timedelta(hours=1), by=ada, now=now)
    tokens.revoke(new.token, by=ada, now=now)
    rows = list(Audit.objects.values_list("subject", "verb", "by__username", "name"))
    names = [f"{made.token.prefix} nightly" for made in (old, old, new, new)]
    verbs = ["create", "change", "create", "delete"]
    assert rows == [("token", verb, "ada", name) for verb, name in zip(verbs, names, strict=True)]
    created, changed, *_ = Audit.objects.all()
    assert created.after["queues"] == ["mail"]
    assert changed.before["expires_at"] != changed.after["expires_at"]
    kept = str(list(Audit.objects.values()))
    for made in (old, new):
        assert made.secret not in kept
        assert made.secret[16:] not in kept
        assert made.token.credential_id not in kept
        assert made.secret not in repr(made)


def test_one_that_was_replaced_is_not_replaced_again(ada):
    old = make_token(ada).token
    tokens.rotate(old, timedelta(hours=1), by=ada, now=timezone.now())
    with pytest.raises(ValidationError, match="was replaced already"):
        tokens.rotate(old, timedelta(), by=ada, now=timezone.now())
    assert Token.objects.count() == 2


def test_a_name_is_made_up_and_is_free_again_after_the_end(ada):
    token = make_token(ada).token
    assert token.name == f"unnamed {token.prefix.removeprefix('runat_')}"
    again = make_token(ada, name="nightly").token
    tokens.revoke(again, by=ada, now=timezone.now())
    make_token(ada, name="nightly")
    make_token(User.objects.create_user("bob"), name="nightly")


def test_a_name_that_was_taken_meanwhile_is_refused_as_any_other(ada, monkeypatch):
    make_token(ada, name="nightly")
    monkeypatch.setattr(changing, "_name_problems", lambda owner, name: [])
    with pytest.raises(ValidationError, match="has a token of this name"):
        make_token(ada, name="nightly")


def test_a_rotated_one_lives_no_longer_than_is_allowed_today(ada, settings):
    now = timezone.now()
    old = make_token(ada).token
    settings.JOBS_TOKEN_MAX_DAYS = 30
    assert tokens.rotate(old, timedelta(), by=ada, now=now).token.expires_at == now + 30 * DAY


def test_what_expired_long_ago_goes_when_another_is_made(ada):
    for name, days in (("old", 91), ("lately", 89)):
        credential = make_token(ada, name=name).token.credential
        credential.expiry = timezone.now() - days * DAY
        credential.save()
    make_token(ada, name="new")
    assert [token.name for token in Token.objects.order_by("id")] == ["lately", "new"]
    assert AuthToken.objects.count() == 2


@pytest.mark.parametrize("wrong", [{"scopes": []}, {"queues": []}, {"targets": []}, {"name": ""}])
def test_the_table_refuses_what_would_mean_nothing(ada, wrong):
    token = make_token(ada).token
    with pytest.raises(IntegrityError, match="jobs_token_"), transaction.atomic():
        Token.objects.filter(pk=token.pk).update(**wrong)


def test_it_goes_with_its_digest_and_with_its_owner_also_by_sql(ada):
    make_token(ada)
    AuthToken.objects.all()._raw_delete("default")
    assert not Token.objects.exists()
    make_token(ada)
    ada.delete()
    assert not Token.objects.exists()
