"""The jobs app: registers the targets of every installed app and the start-up checks."""

import zoneinfo
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from jobs import zones

# Of which our models are made, and our pages.
NEEDED = (
    *("django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"),
    *("django.contrib.messages", "django.contrib.postgres", "django.contrib.staticfiles"),
    *("django_celery_beat", "knox", "rest_framework", "drf_spectacular", "drf_spectacular_sidecar"),
)
SAME_LABEL = (
    "Your app {} has the label 'jobs', which is RunAt's, whose tables are called jobs_...: give yours another by "
    "`label` in its AppConfig (its tables and its rows of django_migrations and django_content_type follow), or run "
    "RunAt beside your project. docs/django.md says how."
)


def require_apps() -> None:
    """Refuse a project that lacks apps of which jobs' models are made. Raises ImproperlyConfigured."""
    names = {config.name for config in apps.app_configs.values()}
    if missing := [name for name in NEEDED if name not in names]:
        raise ImproperlyConfigured(
            f"RunAt needs these in INSTALLED_APPS, too: {', '.join(missing)}. docs/django.md has all that it needs."
        )


class JobsConfig(AppConfig):
    name = "jobs"
    default_auto_field = "django.db.models.BigAutoField"  # whatever a project has for its own

    def __init__(self, app_name: str, app_module: Any) -> None:
        """Read zones from the package before any models: django-timezone-field keeps which there are when it is
        imported. Raises ImproperlyConfigured when another app has our label."""
        super().__init__(app_name, app_module)
        others = [entry for entry in settings.INSTALLED_APPS if entry.endswith(".jobs")]
        if theirs := [entry for entry in others if AppConfig.create(entry).label == self.label]:
            raise ImproperlyConfigured(SAME_LABEL.format(theirs[0]))
        if zoneinfo.TZPATH:  # in a project of theirs; ours has done so earlier
            zones.use_the_package()

    def import_models(self) -> None:
        require_apps()
        super().import_models()

    def ready(self) -> None:
        from jobs import checks, surroundings  # noqa: F401, PLC0415
        from jobs.conf import conf  # noqa: PLC0415
        from jobs.models.described import hide_payloads  # noqa: PLC0415
        from jobs.targets import audited  # noqa: PLC0415
        from jobs.targets.loading import load  # noqa: PLC0415
        from jobs.tokens import passwords  # noqa: PLC0415

        hide_payloads(audited)
        load()
        passwords.watch()
        if conf().traces:
            from jobs import traceparent, traces  # noqa: PLC0415 - and OpenTelemetry

            traceparent.number_by(str(settings.SECRET_KEY))
            traces.watch()
