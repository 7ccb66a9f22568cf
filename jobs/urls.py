"""Addresses of RunAt, all below one path: `path("runat/", include("jobs.urls"))`."""

from django.urls import include, path, register_converter
from django.urls.converters import StringConverter

from jobs.mcp.view import Mcp
from jobs.web import pages
from jobs.web.appearance.pages import choose
from jobs.web.filling.links import form_links, revoke_link, take_link_over
from jobs.web.filling.pages import fill_in, fill_in_by_link, form_list
from jobs.web.stops import go_on, pace, stop_page
from jobs.web.tokens.pages import revoke_token, rotate_token, token_list


class NameConverter(StringConverter):
    """A name of what is stored: anything that PostgreSQL can hold, which no NUL is. There is no page of one with it."""

    regex = r"[^/\0]+"


register_converter(NameConverter, "name")

urlpatterns = [
    path("api/", include("jobs.api.urls")),
    path("mcp/", Mcp.as_view(), name="mcp"),
    path("jobs/new/", pages.new_job, name="new-job"),
    path("jobs/new/arguments/", pages.arguments_shown, name="new-job-arguments"),
    path("jobs/new/when/", pages.when, name="new-job-when"),
    path("tokens/", token_list, name="tokens"),
    path("tokens/<int:token_id>/rotate/", rotate_token, name="token-rotate"),
    path("tokens/<int:token_id>/revoke/", revoke_token, name="token-revoke"),
    path("forms/", form_list, name="forms"),
    path("forms/<name:name>/", fill_in, name="form"),
    path("forms/<name:name>/links/", form_links, name="form-links"),
    path("forms/<name:name>/links/<int:link_id>/revoke/", revoke_link, name="form-link-revoke"),
    path("forms/<name:name>/links/<int:link_id>/take-over/", take_link_over, name="form-link-take-over"),
    path("f/<str:secret>/", fill_in_by_link, name="form-by-link"),
    path("appearance/", choose, name="appearance"),
    path("stop/", stop_page, name="stop"),
    path("stop/<int:stop_id>/go-on/", go_on, name="stop-go-on"),
    path("stop/<int:stop_id>/pace/", pace, name="stop-pace"),
    path("", include("jobs.monitor.urls")),
]
