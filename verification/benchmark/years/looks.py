"""Answers of the web process to what people and programs look at, without the network."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.test import Client

from jobs import tokens
from jobs.clock import clock
from verification.benchmark.processes.start import RoundFailed
from verification.benchmark.years.fill import RARE
from verification.benchmark.years.timing import Timing

JOBS, LIST, ADMIN = "/api/v1/jobs/", "/jobs/", "/admin/jobs/job/"
ENDS = """
(SELECT id FROM jobs_job WHERE state = 2 ORDER BY id DESC LIMIT 1) UNION ALL
(SELECT id FROM jobs_job WHERE state = 2 ORDER BY id LIMIT 1) UNION ALL
(SELECT id FROM jobs_history ORDER BY finished_at, id LIMIT 1)
"""
DAY = timedelta(days=1)


class Looks:
    """Pages and lists, as a superuser sees them."""

    def __init__(self, run: str) -> None:
        self._name = f"benchmark-{run}"
        self._browser, self._program = (Client(SERVER_NAME="localhost") for _ in range(2))

    def begin(self) -> None:
        """Log in."""
        user = User.objects.create_superuser(self._name)
        token = tokens.make(user, tokens.Asked(), by=None, now=clock.current()).secret
        self._browser.force_login(user)
        self._program.defaults["HTTP_AUTHORIZATION"] = f"Bearer {token}"

    def end(self) -> None:
        """Remove the user."""
        User.objects.filter(username=self._name).delete()

    def ask(self, timing: Timing) -> None:
        """Look at everything once. Raises RoundFailed."""
        for question, address in self._addresses().items():
            cache.clear()  # the monitor's page is kept for a second
            client = self._program if address.startswith("/api/") else self._browser
            with timing.of(question):
                answer = client.get(address)
                answer.getvalue() if answer.streaming else answer.content
            if answer.status_code != 200:
                raise RoundFailed(f"{address} was answered with {answer.status_code}.")

    def _addresses(self) -> dict[str, str]:
        now = clock.current()
        with connection.cursor() as cursor:
            cursor.execute(ENDS)
            newest, oldest, old = (job_id for (job_id,) in cursor.fetchall())
        rest = {
            "all": {},
            "failed": {"state": "failed"},
            "interrupted": {"state": "interrupted"},
            "pending": {"state": "pending"},
            "of a queue": {"queue": "mail"},
            "of a rare queue": {"queue": RARE},
            "of a target": {"target": "years.target7"},
            "of a rare target": {"target": RARE},
            "of a name that none has": {"name": "nothing is called so"},
            "with a label": {"label": "team:payroll"},
            "with a label that none has": {"label": "team:nobody"},
            "due in a day": {"run_at_after": (now - 5 * DAY).isoformat(), "run_at_before": (now - 4 * DAY).isoformat()},
            "created before a day": {"created_at_before": (now - 6 * DAY).isoformat()},
            "of the history": {"history": "true"},
            "of the history, a name that none has": {"history": "true", "name": "nothing is called so"},
        }
        admin = {
            "all": {},
            "the twentieth page": {"p": "20"},
            "failed": {"state": "3"},
            "interrupted": {"state": "5"},
            "overdue": {"state": "overdue"},
            "held": {"held": "any"},
            "of a queue": {"queue": "mail"},
            "of a rare queue": {"queue": RARE},
            "of a rare target": {"target": RARE},
            "of a day": {"day": (now - 5 * DAY).date().isoformat()},
            "with a label": {"label": "team:payroll"},
            "search by id": {"q": str(oldest)},
            "search by a part of a name": {"q": "job 7"},
            "search for what is not there": {"q": "nothing"},
            "by id": {"o": "1"},
        }
        people = {
            "all": {},
            "500 a page": {"page_size": "500"},
            "failed": {"state": "failed"},
            "pending": {"state": "pending"},
            "failed or interrupted, longest delay first": {"state": "failed,interrupted", "sort": "delay"},
            "of a queue": {"queue": "mail"},
            "of a rare queue": {"queue": RARE},
            "of a rare target": {"target": RARE},
            "with a label": {"label": "team:payroll"},
            "of a team": {"team": "payroll"},
            "of a key that none has": {"key": "nothing"},
            "later than a second": {"later_than": "1"},
            "without a living worker": {"no_live_worker": "true"},
            "held": {"held": "any"},
            "of a day": {"run_at_after": (now - 5 * DAY).isoformat(), "run_at_before": (now - 4 * DAY).isoformat()},
            "search by a part of a name": {"q": "job 7"},
            "search for what is not there": {"q": "nothing"},
            "search for what is not there, in a day": {
                "q": "nothing",
                "run_at_after": (now - 5 * DAY).isoformat(),
                "run_at_before": (now - 4 * DAY).isoformat(),
            },
        }
        return {
            **{f"REST: jobs {what}": f"{JOBS}?{urlencode(query)}" for what, query in rest.items()},
            **{f"list: jobs, {what}": f"{LIST}?{urlencode(query)}" for what, query in people.items()},
            "REST: the newest job": f"{JOBS}{newest}/",
            "REST: the oldest job": f"{JOBS}{oldest}/",
            "REST: a job of the history": f"{JOBS}{old}/",
            "REST: stats": "/api/v1/stats/",
            "REST: limits": "/api/v1/limits/",
            "REST: workers": "/api/v1/workers/",
            **{f"admin: jobs, {what}": f"{ADMIN}?{urlencode(query)}" for what, query in admin.items()},
            "admin: a job": f"{ADMIN}{oldest}/change/",
            "admin: starts": "/admin/jobs/attempt/",
            "admin: worker log": "/admin/jobs/workerlog/",
            "monitor": "/",
            "monitor: a job": f"/jobs/{oldest}/",
            "monitor: a job of the history": f"/jobs/{old}/",
            "readyz": "/readyz",
        }
