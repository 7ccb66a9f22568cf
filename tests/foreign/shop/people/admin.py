"""The shop's people in its admin."""

from django.contrib import admin

from people.models import Person

admin.site.register(Person)
