"""The header Link (RFC 8288) of lists: their first page, and those before and after this one."""

from __future__ import annotations

from rest_framework.utils.urls import remove_query_param

DESCRIBED = {
    "Link": {
        "schema": {"type": "string"},
        "description": 'RFC 8288: `<address>; rel="next"`, and of `prev` and `first`, as far as there are such pages.',
    }
}


def of_page(address: str, *, after: str | None, before: str | None) -> dict[str, str]:
    """Return the header of the page at this address, with those of its neighbours."""
    pages = {"first": remove_query_param(address, "cursor"), "prev": before, "next": after}
    return {"Link": ", ".join(f'<{url}>; rel="{name}"' for name, url in pages.items() if url is not None)}
