"""The shop's addresses."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def front(request: HttpRequest) -> HttpResponse:
    return HttpResponse("the shop")


urlpatterns = [
    path("", front, name="front"),
    path("back-office/", admin.site.urls),
    path("runat/", include("jobs.urls")),
]
