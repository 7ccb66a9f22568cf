"""A creator's day: no staff, no jobs of others; make one, follow it, take it back, and take that back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from selenium.webdriver.common.by import By

from jobs.models import Job
from jobs.states import State
from tests.browser.test_a_day_at_work import until
from tests.monitor.rows import begin

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_job_is_made_followed_cancelled_and_taken_back(somebody: Any, many: None) -> None:
    ida = somebody("creator", "ida")
    ida.open("/")
    ida.reads("You have created no job yet.")
    ida.picture("Nothing yet")
    with ida.task("Create a job"):
        ida.press("New job")
        ida.picture("Form")
        ida.choose("target", "demo.sleep")
        until(ida.browser, lambda: ida.browser.find_elements(By.NAME, "argument-seconds"))
        ida.type("argument-seconds", "0.1")
        ida.type("run_at", "in 1 hour")
        ida.type("name", "my first")
        ida.press("Create the job")
        ida.reads("will start demo.sleep at")
    job = Job.objects.get(name="my first")
    assert ida.browser.current_url.endswith(f"/jobs/{job.pk}/")
    with ida.task("Cancel a job of one's own"):
        ida.press_on(ida.browser.find_element(By.CSS_SELECTOR, f"#job-{job.pk} a"))
        ida.press("Cancel…")
        ida.press("Cancel the job")
        ida.reads(f"Job {job.pk} was cancelled.")
    with ida.task("Take a cancellation back", begin=f"/jobs/{job.pk}/"):
        ida.press("Undo the cancellation")
        ida.reads("was not cancelled after all.")
    with ida.task("Follow a job to its end", begin=f"/jobs/{job.pk}/"):
        now = datetime.now(tz=UTC)
        begin(job, now)
        until(ida.browser, lambda: ida.browser.title.startswith("Running: job"))
        Job.objects.filter(pk=job.pk).update(state=State.COMPLETED, execute_at=now, finished_at=now)
        until(ida.browser, lambda: ida.browser.title.startswith("Completed: job"))
    with ida.task("Make another job like one"):
        ida.press_on(ida.browser.find_element(By.CSS_SELECTOR, f"#job-{job.pk} a"))
        ida.press("New job like this…")
        ida.press("Create the job")
        ida.reads("will start demo.sleep at")


def test_whether_there_is_one_already_is_looked_up(somebody: Any, many: None) -> None:
    ida = somebody("creator", "ida")
    Job.objects.filter(name="invoice 7").update(created_by=User.objects.get(username="ida"))
    with ida.task("Look whether one's job is there already"):
        ida.type("q", "invoice")
        ida.press("Search")
        ida.reads("1 job")
    assert ida.sees("invoice 7")
    assert not ida.sees("invoice 8"), "those of others are not hers to see"


def test_a_table_with_one_wrong_row_is_mended_and_imported(somebody: Any, many: None, tmp_path: Path) -> None:
    ida = somebody("creator", "ida")
    table = tmp_path / "plan.csv"

    def upload(target: str) -> None:
        table.write_text(f"target,payload.seconds,run_at,name\n{target},0.1,2099-01-01 09:00,one\ndemo.noop,,,two\n")
        ida.browser.find_element(By.NAME, "file").send_keys(str(table))
        ida.press("Look at it")

    with ida.task("Import a table with one wrong row"):
        ida.press("Import…")
        ida.picture("Form of an import")
        upload("demo.slep")
        ida.reads("1 of 2 rows is a good job")
        ida.reads("There is no target 'demo.slep'. Did you mean 'demo.sleep'?")
        ida.picture("One row is wrong")
        ida.press("Upload another")
        upload("demo.sleep")
        ida.reads("2 of 2 rows are good jobs")
        ida.picture("All rows are good")
        ida.press("Create 2 jobs")
        ida.reads("2 jobs of plan.csv created.")
    assert sorted(Job.objects.filter(created_by__username="ida").values_list("name", flat=True)) == ["one", "two"]
