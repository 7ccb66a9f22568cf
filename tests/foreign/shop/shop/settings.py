"""The shop's settings: as a project has them that knows nothing of RunAt, and what RunAt asks for."""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = "the key of a shop that is made for a test and then thrown away"
ALLOWED_HOSTS = ["127.0.0.1"]
DEBUG = os.environ.get("SHOP_DEBUG") == "1"

INSTALLED_APPS = [
    "people",
    "stock",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
ROOT_URLCONF = "shop.urls"
AUTH_USER_MODEL = "people.Person"
LOGIN_URL = "admin:login"
TIME_ZONE = "Australia/Lord_Howe"
USE_TZ = True
USE_I18N = True
STATIC_URL = "files/"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"


def _database(url: str) -> dict[str, object]:
    found = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": found.path.lstrip("/"),
        "USER": unquote(found.username or ""),
        "PASSWORD": unquote(found.password or ""),
        "HOST": unquote(found.hostname or ""),
        "PORT": found.port or "",
        "CONN_MAX_AGE": 0,
    }


DATABASES = {
    "default": _database(os.environ["SHOP_DATABASE"]),
    "archive": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["SHOP_ARCHIVE"]},
}
DATABASE_ROUTERS = ["shop.routers.Archive"]
CELERY_BROKER_URL = os.environ["SHOP_BROKER"]
CELERY_TASK_SERIALIZER = "pickle"
CELERY_ACCEPT_CONTENT = ["pickle"]
CELERY_TIMEZONE = "Australia/Lord_Howe"
CELERY_BEAT_SCHEDULE = {"count": {"task": "stock.tasks.count", "schedule": 2.0, "args": ["by beat"]}}

# What RunAt asks for: docs/django.md.
INSTALLED_APPS += ["jobs", "django.contrib.postgres", "django_celery_beat", "knox", "rest_framework"]
INSTALLED_APPS += ["drf_spectacular", "drf_spectacular_sidecar"]
DATABASES["default"]["ENGINE"] = "jobs.postgresql"
MIDDLEWARE += ["jobs.web.appearance.shown.shown_to", "jobs.unavailable.DatabaseAway"]
REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}

if os.environ.get("SHOP_ALIAS"):  # the same database by another alias, and the first one as it was
    DATABASES[os.environ["SHOP_ALIAS"]] = DATABASES["default"]
    DATABASES["default"] = _database(os.environ["SHOP_DATABASE"]) | {"ATOMIC_REQUESTS": True}
    DATABASE_ROUTERS.insert(0, "jobs.database.router.Router")
    JOBS_DATABASE = os.environ["SHOP_ALIAS"]

# With an admin of django-unfold.
if os.environ.get("SHOP_THEME") == "unfold":
    INSTALLED_APPS.insert(0, "unfold")
    UNFOLD = {
        "THEME": "jobs.web.appearance.shown.theme",
        "SCRIPTS": [lambda request: f"/{STATIC_URL}jobs/admin-theme.js"],
    }
