"""Nothing inline in our pages, and the browser is told so."""

import re
from pathlib import Path

import pytest
from django.conf import settings

INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)
TEMPLATES = sorted((Path(settings.BASE_DIR) / "templates").rglob("*.html"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_scripts_styles_or_handlers_inline(template):
    assert not INLINE.findall(template.read_text())


@pytest.mark.parametrize("found", ["<script>", "<script type=module>", '<p style="x">', '<a onclick="x">', "<style>"])
def test_what_is_inline_is_found(found):
    assert INLINE.search(found)


def test_our_pages_forbid_it(admin_client):
    for path in ("/", "/jobs/new/", "/jobs/404/", "/login/", "/api/v1/jobs/", "/api/v1/jobs/404/"):
        response = admin_client.get(path, headers={"Accept": "text/html"})
        policy = response.headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert not INLINE.findall(response.content.decode())


def test_the_admin_and_the_documentation_keep_their_own_scripts(admin_client):
    for path in ("/admin/", "/api/docs/"):
        assert "Content-Security-Policy" not in admin_client.get(path).headers


def test_programs_are_sent_no_policy(admin_client):
    assert "Content-Security-Policy" not in admin_client.get("/api/v1/jobs/").headers
