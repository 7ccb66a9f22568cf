"""The jobs app: registers the targets of every installed app and the start-up checks."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"

    def ready(self) -> None:
        from jobs import checks  # noqa: F401, PLC0415
        from jobs.targets.loading import load  # noqa: PLC0415

        load()
