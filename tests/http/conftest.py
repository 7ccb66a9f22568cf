import pytest

from jobs.targets.http import connections, opening
from tests.http.server import certified, serving


@pytest.fixture(autouse=True)
def fresh_pool(settings):
    settings.JOBS_HTTP_PORTS = []
    settings.JOBS_HTTP_ALLOW = ["127.0.0.0/8", "::1"]
    connections._of_process.clear()
    opening.authorities.cache_clear()  # tests have authorities of their own
    yield
    for lines in connections._of_process.values():
        lines.close()
    connections._of_process.clear()
    opening.authorities.cache_clear()


@pytest.fixture
def server():
    with serving() as server:
        yield server


@pytest.fixture
def secure_server(monkeypatch, tmp_path):
    tls, authority = certified(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with serving(tls) as server:
        yield server
