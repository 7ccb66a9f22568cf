"""Real scrapes of real processes: web, beat, a worker on threads and one of prefork, by prometheus_client's own parser."""

from __future__ import annotations

import socket
from collections import Counter
from urllib.request import Request, urlopen

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_parsed
from prometheus_client.parser import text_string_to_metric_families as parsed

from jobs.metrics.table import TABLE, Giver
from jobs.models import Attempt
from tests.integration.conftest import all_final, wait_for
from tests.integration.steps import create

pytestmark = [pytest.mark.processes]

OPEN = {"Accept": "application/openmetrics-text; version=1.0.0"}


def free_ports(number):
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def scrape(address, headers=None, parse=parsed):
    with urlopen(Request(address, headers=headers or {})) as answer:  # noqa: S310 - ours
        return list(parse(answer.read().decode()))


def total(families, name, **labels):
    return sum(
        one.value
        for family in families
        for one in family.samples
        if one.name == name and labels.items() <= one.labels.items()
    )


def names_of(giver):
    return {
        one.name.removesuffix("_total")
        for one in TABLE
        if one.giver is giver or (one.giver is Giver.BOTH and giver is not Giver.WEB)
    }


def test_each_process_says_what_the_table_has_of_it(cluster):
    ports = free_ports(3)
    beat, threads, prefork = (f"http://127.0.0.1:{port}/metrics" for port in ports)
    cluster.environment["JOBS_METRICS_ALLOW"] = "127.0.0.0/8"
    web = f"{cluster.web()}/metrics"
    cluster.beat(JOBS_METRICS_PORT=str(ports[0]))
    cluster.launch("w1", slots=2, JOBS_METRICS_PORT=str(ports[1]))
    cluster.launch("w2", slots=2, pool="prefork", queues="children", JOBS_METRICS_PORT=str(ports[2]))
    cluster.ready("w1", "w2")
    jobs = [create(1) for _ in range(3)]
    jobs += [create(1, queue="children") for _ in range(2)] + [create(1, queue="children", target="demo.fail")]
    wait_for(lambda: all_final(*jobs), "all jobs to end")
    ledger = Counter(Attempt.objects.values_list("job__queue", "outcome"))
    assert sum(ledger.values()) == 6

    def is_counted(address):  # which is after the commit
        return total(scrape(address), "runat_ended_total") == 3

    wait_for(lambda: is_counted(threads) and is_counted(prefork), "all ends to be counted")
    seen = {Giver.WEB: scrape(web), Giver.BEAT: scrape(beat), Giver.WORKER: scrape(threads)}
    seen_of_prefork = scrape(prefork)
    for giver, families in [*seen.items(), (Giver.WORKER, seen_of_prefork)]:
        ours = {family.name for family in families if family.name.startswith("runat_")}
        assert ours == names_of(giver), giver
    assert {one.name for one in scrape(web, OPEN, open_parsed)} == names_of(Giver.WEB)
    assert names_of(Giver.WORKER) <= {one.name for one in scrape(threads, OPEN, open_parsed)}

    for families, queue, good, bad in ((seen[Giver.WORKER], "default", 3, 0), (seen_of_prefork, "children", 2, 1)):
        assert total(families, "runat_started_total", queue=queue) == good + bad
        assert total(families, "runat_ended_total", queue=queue, outcome="completed") == good
        assert total(families, "runat_ended_total", queue=queue, outcome="failed") == bad
        assert total(families, "runat_start_delay_seconds_count", queue=queue) == good + bad
        assert total(families, "runat_process_slots") == 2
    assert total(seen[Giver.BEAT], "runat_leading") == 1
    assert total(seen[Giver.BEAT], "runat_list_queries_total") >= 1
    assert total(seen[Giver.WEB], "runat_leader") == 1
    assert total(seen[Giver.WEB], "runat_slots", queue="children") == 2
    assert f"metrics are at {threads}" in cluster.log("w1")
