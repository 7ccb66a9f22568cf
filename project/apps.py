"""Binds our tasks to our broker in every Django process, also where nobody says `celery -A project`."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "project"

    def ready(self) -> None:
        from project import celery, noted  # noqa: F401, PLC0415

        noted.watch()
