"""The jobs app: registers the targets of every installed app and the start-up checks."""

import zoneinfo

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"

    def ready(self) -> None:
        from django.conf import settings  # noqa: PLC0415

        from jobs import checks, zones  # noqa: F401, PLC0415
        from jobs.conf import conf  # noqa: PLC0415
        from jobs.models.described import hide_payloads  # noqa: PLC0415
        from jobs.targets import audited  # noqa: PLC0415
        from jobs.targets.loading import load  # noqa: PLC0415
        from jobs.tokens import passwords  # noqa: PLC0415

        if zoneinfo.TZPATH:  # in a project of theirs; ours has done so earlier
            zones.use_the_package()
        hide_payloads(audited)
        load()
        passwords.watch()
        if conf().traces:
            from jobs import traceparent, traces  # noqa: PLC0415 - and OpenTelemetry

            traceparent.number_by(str(settings.SECRET_KEY))
            traces.watch()
