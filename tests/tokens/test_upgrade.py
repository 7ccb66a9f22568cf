"""0052: tokens that were there before they had names, scopes and an end."""

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from knox.models import AuthToken

from jobs.models import Token
from tests.api.conftest import JOBS
from tests.bearing import make_token

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _as_it_is_today():
    yield
    call_command("migrate", "jobs", verbosity=0)


def test_they_go_on_and_end_with_the_password_from_then_on():
    ada = User.objects.create_user("ada", password="correct horse")
    ada.user_permissions.add(Permission.objects.get(codename="view_job"))
    call_command("migrate", "jobs", "0051", verbosity=0)
    secrets = [AuthToken.objects.create(user=ada, prefix="ci-server1_")[1] for _ in range(2)]
    AuthToken.objects.update(token_key="ci-server1_abcd")  # which was all that told them apart, where it did
    call_command("migrate", "jobs", verbosity=0)
    apis = [Client(headers={"Authorization": f"Bearer {secret}"}) for secret in secrets]
    assert [api.get(JOBS).status_code for api in apis] == [200, 200]
    name = "made before tokens had names: ci-server1_abcd"
    assert sorted(token.name for token in Token.objects.all()) == [name, f"{name} 2"]
    ada.set_password("another horse")
    ada.save()
    assert [api.get(JOBS).status_code for api in apis] == [401, 401]


def test_on_the_way_back_those_go_that_could_do_more():
    ada, bob = User.objects.create_superuser("ada"), User.objects.create_user("bob", password="x")
    make_token(ada, name="all")
    make_token(ada, name="few", scopes=["jobs.view_job"])
    make_token(ada, name="some", queues=["mail"])
    make_token(ada, name="one", targets=["demo.noop"])
    make_token(bob, name="ended")
    bob.set_password("y")
    bob.save()
    left = Token.objects.get(name="all").credential_id
    call_command("migrate", "jobs", "0051", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT digest FROM knox_authtoken")
        assert cursor.fetchall() == [(left,)]


def test_the_release_before_deletes_tokens_and_users_while_it_runs_beside_this():
    for name in ("ada", "bob"):
        make_token(User.objects.create_user(name))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM knox_authtoken WHERE user_id = (SELECT id FROM auth_user WHERE username = 'ada')")
        cursor.execute("DELETE FROM knox_authtoken; DELETE FROM auth_user")
    assert not Token.objects.exists()
