"""Pages that know what their addresses say refuse wrong ones alike, and lead away from empty values."""

from __future__ import annotations

import pytest

PAGES = ["/late/", "/failures/", "/audit/", "/jobs/"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.django_db
def test_each_refuses_a_wrong_query_and_leads_away_from_an_empty_value(admin_client, path):
    wrong = admin_client.get(f"{path}?colour=red")
    assert wrong.status_code == 400
    assert "colour" in wrong.content.decode()
    assert "<h1" in wrong.content.decode(), "the page itself, with what is wrong"
    away = admin_client.get(f"{path}?queue=&span=7d" if path != "/audit/" else f"{path}?who=&token=7")
    assert away.status_code == 302
    assert away.url == (f"{path}?span=7d" if path != "/audit/" else f"{path}?token=7")


@pytest.mark.parametrize("path", PAGES[:3])
@pytest.mark.django_db
def test_who_may_not_see_it_is_told_so_whatever_the_address_says(client, person, path):
    client.force_login(person("add_job"))
    for query in ("", "?colour=red", "?queue="):
        assert client.get(f"{path}{query}").status_code == 403
