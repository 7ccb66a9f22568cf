"""What the monitor counts and names leads to the jobs that it means."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from jobs.clock import clock
from jobs.models import Kind, Worker
from jobs.states import Hold, State
from jobs.templatetags.runat import bounded, linked
from jobs.transitions.limits import pausing
from jobs.transitions.limits.names import Name
from tests.monitor.rows import SECOND, ended, leader, pending, running, worker

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def many(at):
    leader(at)
    session = worker(at, "w1@host", queues=["default"]).session
    worker(at, "w2 <b>@host", silent=15 * SECOND)
    jobs = {
        "running": running(at, session=session),
        "late": running(at, session=session, name="slow", deadline=1, queue="mail"),
        "soon": pending(at + HOUR),
        "overdue": pending(at - 5 * SECOND, queue="mail"),
        "held": pending(at + HOUR, holds=Hold.APPROVAL),
        "waits": pending(at + HOUR, holds=Hold.PERSON),
        "failed": ended(at - SECOND, State.FAILED, delay=3 * SECOND),
        "failed long ago": ended(at - 2 * HOUR, State.FAILED),
        "lost": ended(at - SECOND, State.INTERRUPTED, name="pay <b>"),
        "lost long ago": ended(at - 2 * HOUR, State.INTERRUPTED),
    }
    return {name: job.pk for name, job in jobs.items()}


TILES = {
    "tile-running": "running, late",
    "tile-overdue": "overdue",
    "tile-pending": "soon, overdue",
    "tile-approval": "held",
    "tile-person": "waits",
    "tile-started": "failed, lost",
    "tile-mean": "failed, lost",
    "tile-p99": "failed, lost",
    "tile-longest": "failed, lost",
    "tile-failed": "failed",
    "tile-interrupted": "lost",
    "queue-default": "running, soon, held, waits, failed, failed long ago, lost, lost long ago",
    "queue-mail": "late, overdue",
}


def found(client, address: str) -> set[int]:
    page = client.get(address)
    assert page.status_code == 200, address
    return {row.job.pk for row in page.context["rows"]}


def test_each_tile_and_queue_leads_to_its_jobs(viewer, many):
    page = viewer.get("/").content.decode()
    for tile, names in TILES.items():
        address = html.unescape(re.search(rf'id="{tile}" href="([^"]+)"', page)[1])
        assert found(viewer, address) == {many[name] for name in names.split(", ")}, tile
    figures = page[page.index('<dl class="figures"') : page.index("</dl>")]
    assert figures.count("<dd><a ") == figures.count("<dd>")


def test_each_worker_leads_to_what_it_started(viewer, many):
    page = viewer.get("/").content.decode()
    assert found(viewer, re.search(r'href="(/jobs/\?worker=w1%40host)"', page)[1]) >= {many["running"], many["failed"]}
    assert found(viewer, html.unescape(re.search(r'href="(/jobs/\?worker=w2[^"]+)"', page)[1])) == set()


def test_what_the_verdict_names_and_counts_leads_there(viewer, many):
    page = viewer.get("/").content.decode()
    verdict = page[page.index('<section class="verdict') : page.index("</section>")]
    links = {
        html.unescape(text): html.unescape(to) for to, text in re.findall('<a href="([^"]+)">([^<]+)</a>', verdict)
    }
    assert links[f"{many['lost']} (pay <b>)"] == f"/jobs/{many['lost']}/"
    assert links[f"{many['late']} (slow)"] == f"/jobs/{many['late']}/"
    assert found(viewer, links["mail"]) == {many["late"], many["overdue"]}
    assert found(viewer, links["2 jobs"]) == {many["lost"], many["lost long ago"]}
    assert "w2 <b>@host" in links
    assert {"/jobs/?state=pending&later_than=1", "/jobs/?state=failed", "/jobs/?held=person"} <= set(
        map(html.unescape, re.findall('<a href="([^"]+)">1 job</a>', verdict))
    )


class Bare(HTMLParser):
    """Words of a page that are no link, in no sentence that says what to do, and not the name of a button."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._open: list[bool] = []

    def handle_starttag(self, tag, attributes):
        if tag not in ("input", "meta", "link", "br", "img"):
            classes = dict(attributes).get("class") or ""
            self._open.append(tag in ("a", "code", "title", "script") or "remedy" in classes or "facts-list" in classes)

    def handle_endtag(self, tag):
        self._open.pop()

    def handle_data(self, data):
        if not any(self._open):
            self.words.append(data)


def test_every_queue_worker_and_job_that_the_monitor_names_is_a_link(viewer, many):
    pausing.pause(Name(Kind.QUEUE, "mail"), now=clock.now(), reason="", by=None)
    Worker.objects.filter(name="w1@host").update(offset_ms=5_000, foreign_at=clock.now(), foreign_from="another")
    page = Bare()
    page.feed(viewer.get("/").content.decode())
    bare = " ".join(page.words)
    for name in ("mail", "default", "w1@host", "w2 <b>@host", "slow", "pay <b>"):
        assert name not in bare, bare[max(bare.index(name) - 80, 0) :][:160]


def test_the_page_of_a_job_leads_to_its_queue_key_target_labels_and_workers(viewer, at):
    job = ended(at - SECOND, queue="mail", key="books", labels={"team": "payroll"})
    page = html.unescape(viewer.get(f"/jobs/{job.pk}/").content.decode())
    for query in ("queue=mail", "key=books", "target=demo.noop", "label=team:payroll", "worker=w1%40host"):
        assert f'href="/jobs/?{query}"' in page
        assert found(viewer, f"/jobs/?{query}") == {job.pk}


def test_links_come_in_their_order_and_all_is_escaped():
    assert linked("a & b, a", [("a", "/?x=1&y"), ("c", "/c"), ("a", "/2")]) == (
        '<a href="/?x=1&amp;y">a</a> &amp; b, <a href="/2">a</a>'
    )


def test_a_count_is_true_or_over_so_many():
    assert [bounded(count, 10_000) for count in (0, 9_999, 10_000, 10_001)] == ["0", "9,999", "10,000", "over 10,000"]
