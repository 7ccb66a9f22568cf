"""What happens rarely in the core: two at the same moment, a bound that nobody reaches, a definition that is odd."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError

from jobs.models import AlertRule, Form, FormLink, Job
from jobs.models.querysets import overviews
from jobs.models.querysets.taking import newest_ids
from jobs.rights.reach import Reach
from jobs.transitions import alert_rules, subscriptions
from jobs.transitions.creation import KeyReused
from jobs.transitions.forms import filling, links
from jobs.transitions.forms.definition import _label_problems
from jobs.transitions.forms.free_fields import field_problems
from jobs.transitions.operations import making, singly, words
from jobs.transitions.operations.spreading import Places
from tests.conftest import NOW

pytestmark = pytest.mark.django_db


def test_reading_a_table_part_by_part_ends_when_there_are_enough(make_job, monkeypatch):
    monkeypatch.setattr(overviews, "LOOK", 1)
    ids = [make_job(number).pk for number in range(3)]
    assert newest_ids(Job.objects.all(), before=None, most=2, has_index=False) == ids[:0:-1]


def test_a_rule_that_another_made_in_this_moment_is_told_of_and_nothing_else_is(monkeypatch):
    rule = AlertRule()
    monkeypatch.setattr(rule, "save", lambda: (_ for _ in ()).throw(IntegrityError("jobs_alertrule_once")))
    with pytest.raises(ValidationError) as refusal:
        alert_rules._write(rule, None, None, by=User(), now=NOW)
    assert refusal.value.message_dict == {"name": [alert_rules.THERE_IS_ONE]}
    monkeypatch.setattr(rule, "save", lambda: (_ for _ in ()).throw(IntegrityError("another")))
    with pytest.raises(IntegrityError, match="another"):
        alert_rules._write(rule, None, None, by=User(), now=NOW)


@pytest.fixture
def form():
    return Form.objects.create(name="f", title="F", target="demo.noop", confirmation="Thanks.")


def test_a_form_that_another_request_has_made_a_job_of_uses_its_link_up_once(form, make_job, monkeypatch):
    maker = User.objects.create_superuser("ada")  # who may change the form, and so stands for its links
    asked = links.AskedLink(name="them", days=1, most_uses=2, most_of_day=2)
    link = links.make(form, asked, by=maker, now=NOW).link
    monkeypatch.setattr(filling, "create", lambda new, **more: (make_job(), False))
    new = filling.judged(form, {}, chosen=filling.Chosen(), once="0" * 32, by=maker, now=NOW)
    assert filling.by_link(link, new, now=NOW) is False
    assert FormLink.objects.get().uses == 0


def test_a_form_has_no_more_links_than_that(form, monkeypatch):
    monkeypatch.setattr(links, "MOST_LINKS", 0)
    asked = links.AskedLink(name="them", days=1, most_uses=2, most_of_day=2)
    with pytest.raises(ValidationError, match="This form has 0 links"):
        links.make(form, asked, by=User(), now=NOW)


@pytest.mark.parametrize(
    ("kind", "good", "bad"), [("date", "2030-01-31", "soon"), ("date", "2030-01-31", 5), ("lines", ["a"], ["a", ""])]
)
def test_a_default_is_of_its_kind(form, kind, good, bad):
    for value, problems in ((good, []), (bad, [f"The default of the field 'x' is none of the kind {kind}."])):
        form.fields = [{"name": "x", "kind": kind, "default": value}]
        assert field_problems(form) == problems


def test_a_form_has_fifty_fields_at_most(form):
    form.fields = [{"name": f"x{number}"} for number in range(51)]
    assert field_problems(form) == ["These are 51 fields; 50 at most: make two forms of it."]


def test_a_spread_whose_jobs_have_gone_meanwhile_says_so(monkeypatch):
    monkeypatch.setattr(making, "to_spread", lambda *_: None)
    monkeypatch.setattr(making.spreading, "in_order", lambda _: [])
    with pytest.raises(ValidationError) as refusal:
        making._ordered(None, User.objects.create(username="ada"), NOW)
    assert refusal.value.message_dict == {"verb": [making.NOTHING]}


def test_a_job_that_has_no_place_stays_where_it_is():
    assert Places(NOW, 60, [1, 2]).at(3, NOW + timedelta(hours=1)) == NOW + timedelta(hours=1)


def test_a_job_that_would_be_moved_beyond_all_time_is_not(make_job):
    class Asked:
        verb = singly.Verb.RESCHEDULE

        @staticmethod
        def moved(*_: object) -> None:
            """Return no time: it is beyond what there is."""

    part = type("Part", (), {"now": NOW, "reason": "", "by": None, "operation": None})
    with pytest.raises(ValidationError) as refusal:
        singly._ask(Asked, make_job(), part)
    assert refusal.value.messages == [words.BEYOND]


def test_a_token_for_one_queue_subscribes_to_no_more(monkeypatch):
    reach = Reach(user_id=1, everything=True, only_queues=frozenset({"mail"}))
    monkeypatch.setattr(subscriptions, "reach_of", lambda by: reach)
    with pytest.raises(PermissionDenied, match="queues and targets"):
        subscriptions._whose(User.objects.create(username="ada"), "payroll")


def test_a_job_that_is_in_its_place_already_is_not_moved(make_job):
    job = make_job()

    class Asked:
        verb, spreads = singly.Verb.RESCHEDULE, True

        @staticmethod
        def moved(*_: object) -> datetime:
            """Return the time that it has."""
            return job.run_at

    part = type("Part", (), {"now": NOW, "reason": "", "by": None, "operation": None})
    with pytest.raises(ValidationError) as refusal:
        singly._ask(Asked, job, part)
    assert refusal.value.messages == [words.IN_PLACE]


def test_labels_of_a_form_that_are_no_object_are_refused():
    assert _label_problems(Form(labels=["x"]))


def test_what_was_sent_with_other_values_is_not_what_was_noted(monkeypatch):
    def reused(*_: object, **__: object) -> None:
        raise KeyReused

    monkeypatch.setattr(filling, "earlier", reused)
    assert filling._is_known(None, None) is False


def test_a_link_that_was_revoked_after_its_page_was_opened_is_over():
    with pytest.raises(filling.Ended):
        filling._refuse_used_up(FormLink(revoked_at=NOW, expires_at=NOW + timedelta(days=1)), None, NOW)
