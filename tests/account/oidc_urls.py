"""Our routes, with those that are there where a provider is."""

from django.urls import include, path

from project.urls import urlpatterns as ours

urlpatterns = [path("account/", include("allauth.socialaccount.providers.openid_connect.urls")), *ours]
