"""Whoever has made a link to a form stands for it: what becomes of the link when he does not any more."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from jobs import transitions
from jobs.clock import clock
from jobs.models import Audit, Job
from jobs.states import Hold
from jobs.transitions import forms
from jobs.transitions.forms import filling
from jobs.web.filling.pages import ENDED
from tests.forms.test_filling import MAY
from tests.forms.test_links import said

pytestmark = pytest.mark.django_db


def elsewhere(make_team, make_user, definer):
    """Its queue is another team's by now, and its maker sees his own only."""
    make_team("books", make_user("bert"), queues=["books"])
    definer.user_permissions.set(Permission.objects.filter(codename__in=("view_form", "change_form")))


NO_MORE = {
    "switched off": (
        lambda **has: User.objects.filter(username="olga").update(is_active=False),
        "olga, who made it, is switched off",
    ),
    "deleted": (lambda **has: has["definer"].delete(), "Whoever made it has no account any more"),
    "without its role": (lambda **has: has["definer"].user_permissions.clear(), "may not change this form any more"),
    "of another team": (elsewhere, "may not change this form any more"),
}


@pytest.fixture(params=NO_MORE)
def becomes(request, definer, make_user, make_team):
    """What becomes of the maker; returns what is said of it."""

    def do():
        does, why = NO_MORE[request.param]
        does(definer=definer, make_user=make_user, make_team=make_team)
        return why

    return do


@pytest.fixture
def otto(make_user):
    return make_user("otto", "admin")


def test_one_whose_maker_stands_for_it_no_more_opens_nothing_until_it_is_taken_over(
    make_form, make_link, definer, becomes, otto
):
    link, address = make_link(make_form(created_by=None))
    why = becomes()
    for answer in (Client().get(address), Client().post(address, MAY)):
        assert (answer.status_code, ENDED in said(answer)) == (410, True)
    client = Client()
    client.force_login(otto)
    listed = said(client.get("/forms/report/links/"))
    assert why in listed
    take_over = f"/forms/report/links/{link.pk}/take-over/"
    assert f'action="{take_over}"' in listed
    assert "it opens the form again" in said(client.post(take_over, follow=True))
    noted = Audit.objects.get(subject="form_link", verb="change")
    made_by = "olga" if User.objects.filter(pk=definer.pk).exists() else None
    assert (noted.by_name, noted.before["made_by"], noted.after["made_by"]) == ("otto", made_by, "otto")
    assert Client().post(address, MAY).status_code == 200
    job = Job.objects.get()
    assert job.created_by == otto
    Job.objects.update(holds=Hold.APPROVAL)  # its target was made dangerous since
    assert not transitions.approve(job.pk, by=otto, now=clock.current()).done
    assert take_over not in said(client.get("/forms/report/links/"))


def test_one_whose_maker_is_back_opens_again_and_is_nobody_elses(make_form, make_link, otto, definer):
    link, address = make_link(make_form())
    User.objects.filter(pk=definer.pk).update(is_active=False)
    assert Client().get(address).status_code == 410
    User.objects.filter(pk=definer.pk).update(is_active=True)
    assert Client().get(address).status_code == 200
    client = Client()
    client.force_login(otto)
    answer = client.post(f"/forms/report/links/{link.pk}/take-over/", follow=True)
    assert "stays as it is" in said(answer)
    link.refresh_from_db()
    assert link.created_by == definer


def test_one_that_opens_nothing_for_another_reason_is_not_taken_over(make_form, make_link, make_user, definer, otto):
    link, address = make_link(make_form())
    forms.revoke(link, by=otto, now=clock.current())
    definer.delete()
    client = Client()
    client.force_login(otto)
    listed = said(client.get("/forms/report/links/"))
    assert ("It was revoked on" in listed, "take-over" in listed) == (True, False)
    assert not forms.take_over(link, by=otto, now=clock.current())
    assert client.post(f"/forms/report/links/{link.pk + 1}/take-over/").status_code == 404
    client.force_login(make_user("vera", "viewer"))
    assert client.post(f"/forms/report/links/{link.pk}/take-over/").status_code == 403
    assert Client().get(address).status_code == 410


def test_a_maker_who_goes_while_it_is_filled_in(make_form, make_link, definer, monkeypatch):
    """He goes between the look at the link and its lock."""
    _, address = make_link(make_form())
    budget = filling.admission_of_link

    def switch_off_first(pk):
        User.objects.update(is_active=False)
        return budget(pk)

    monkeypatch.setattr(filling, "admission_of_link", switch_off_first)
    assert (Client().post(address, MAY).status_code, Job.objects.count()) == (410, 0)
