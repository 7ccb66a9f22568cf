"""People who may use RunAt but not the admin log in too."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return User.objects.create_user("ada", password="a long enough one")


def test_whoever_is_not_logged_in_is_led_to_the_login_and_back(client: Client, person):
    asked = client.get("/jobs/new/")
    assert asked.status_code == 302
    assert asked["Location"] == "/login/?next=/jobs/new/"
    page = client.get(asked["Location"])
    assert b"Log in" in page.content
    entered = client.post("/login/", {"username": "ada", "password": "a long enough one", "next": "/jobs/new/"})
    assert (entered.status_code, entered["Location"]) == (302, "/jobs/new/")


def test_a_wrong_password_is_said_beside_the_form(client: Client, person):
    page = client.post("/login/", {"username": "ada", "password": "wrong"})
    assert page.status_code == 200
    assert b"Please enter a correct username and password" in page.content


def test_logging_out_leads_back_to_the_login(client: Client, person):
    client.force_login(person)
    left = client.post("/logout/")
    assert (left.status_code, left["Location"]) == (302, "/login/")
