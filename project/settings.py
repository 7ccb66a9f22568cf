"""Django settings. What differs between installations comes from the environment (project/env.py)."""

from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

from django.templatetags.static import static

from jobs.api import openapi
from project import env
from project.account import oidc_settings

BASE_DIR = Path(__file__).resolve().parent.parent
# In lower case: Django, and whoever lists its settings, take only upper-case names for settings.
_environment = env.read()

SECRET_KEY = _environment.secret_key
DEBUG = _environment.debug
ALLOWED_HOSTS = _environment.allowed_hosts

INSTALLED_APPS = [
    "knox",  # before project, which takes its page out of the admin
    "project",
    "jobs",
    *_environment.jobs["JOBS_APPS"],
    "unfold",
    "project.pages.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django_celery_beat",
    "rest_framework",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]
if find_spec("verification") is not None:  # benchmark and drill, which the image does not have
    INSTALLED_APPS.append("verification")

MIDDLEWARE = [
    "project.tls.unnamed_proxy",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "jobs.web.appearance.shown.shown_to",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "jobs.unavailable.DatabaseAway",
    "project.content_security.content_security",
    "project.noted.refusals",
    "project.login.Door",
    "project.account.views.demand",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "project.urls"
WSGI_APPLICATION = "project.wsgi.application"
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
            ],
        },
    },
]

DATABASES = {
    "default": {
        **_environment.database,
        "ENGINE": "jobs.postgresql",
        # Connections stay open: a first one costs 100 ms, which a job about to start does not have.
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "project.login.PasswordBackend"]
AXES_FAILURE_LIMIT = _environment.jobs["JOBS_LOGIN_FAILURES"]
AXES_COOLOFF_TIME = timedelta(seconds=_environment.jobs["JOBS_LOGIN_LOCKED_FOR"])
# By both: from another address nobody can lock out the real one, and an office is not locked out for one of its people.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "jobs.web.client_address.address"
AXES_LOCKOUT_CALLABLE = "project.login.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # the time that was said stays true
AXES_DISABLE_ACCESS_LOG = True
AXES_SENSITIVE_PARAMETERS = ["code"]
OTP_TOTP_ISSUER = "RunAt"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True  # serves without a collectstatic step, which one machine can do without

# --- Single sign-on: the extra of requirements-oidc.txt ---
if _environment.jobs["JOBS_OIDC_ISSUER"]:
    INSTALLED_APPS += oidc_settings.APPS
    MIDDLEWARE += oidc_settings.MIDDLEWARE
    AUTHENTICATION_BACKENDS += oidc_settings.BACKENDS
    globals().update(
        oidc_settings.settings_of(
            issuer=_environment.jobs["JOBS_OIDC_ISSUER"],
            client_id=_environment.jobs["JOBS_OIDC_CLIENT_ID"],
            secret=_environment.jobs["JOBS_OIDC_CLIENT_SECRET"],
            name=_environment.jobs["JOBS_OIDC_NAME"],
        )
    )

# --- Mail: EMAIL_URL, by which people get a new password ---
CAN_MAIL = "EMAIL_HOST" in _environment.mail or "EMAIL_FILE_PATH" in _environment.mail
DEFAULT_FROM_EMAIL = _environment.mail_from
globals().update(_environment.mail)

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 5_000}}}

SECURE_CONTENT_TYPE_NOSNIFF = True
SESSION_COOKIE_HTTPONLY = True
# Right behind TLS, and as one machine without it needs them: JOBS_PUBLIC_URL says which it is.
_has_tls = _environment.jobs["JOBS_PUBLIC_URL"].startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = _has_tls
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$", "^metrics$"]  # asked from beside us, past the proxy
SECURE_HSTS_SECONDS = round(_environment.jobs["JOBS_HSTS_DAYS"] * 86_400) if _has_tls else 0
CSRF_TRUSTED_ORIGINS = [_environment.jobs["JOBS_PUBLIC_URL"]] if _environment.jobs["JOBS_PUBLIC_URL"] else []
# Whether other hosts of the domain speak TLS, and whether browsers shall have it built in, is its owner's to say.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
X_FRAME_OPTIONS = "DENY"
DEFAULT_EXCEPTION_REPORTER = "project.reporter.Reporter"

# --- RunAt: the JOBS_... of jobs/settings_table.py, checked at start-up by project/env.py and jobs/checks.py ---
globals().update(_environment.jobs)

# --- Celery: what jobs need of it is set by jobs/celery.py ---
CELERY_BROKER_URL = _environment.broker_url
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_EXPIRES = None  # no result backend, so beat needs no clean-up entry of its own
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = True
CELERY_WORKER_ENABLE_REMOTE_CONTROL = True

# --- REST ---
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "jobs.api.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["jobs.api.rendering.JsonRenderer", "jobs.api.rendering.PageRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "jobs.api.problems.problem_response",
}
SPECTACULAR_SETTINGS = openapi.SETTINGS

UNFOLD = {
    "SITE_TITLE": "RunAt",
    "SITE_HEADER": "RunAt",
    "SITE_URL": "/",
    "THEME": "jobs.web.appearance.shown.theme",
    "SCRIPTS": [lambda request: static("jobs/admin-theme.js")],
    "SITE_ICON": lambda request: static("jobs/runat.svg"),
    "STYLES": [lambda request: static("jobs/admin-fields.css")],
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("jobs/runat.svg")}],
    # The blue of our own pages, so that the admin is no other product.
    "COLORS": {
        "primary": {
            "50": "oklch(97% .014 254.604)",
            "100": "oklch(93.2% .032 255.585)",
            "200": "oklch(88.2% .059 254.128)",
            "300": "oklch(80.9% .105 251.813)",
            "400": "oklch(70.7% .165 254.624)",
            "500": "oklch(62.3% .16 254)",
            "600": "oklch(47.5% .148 252)",
            "700": "oklch(42% .14 253)",
            "800": "oklch(37% .12 254)",
            "900": "oklch(32% .1 255)",
            "950": "oklch(25% .08 257)",
        }
    },
}

_formatters = {  # only the one of them is made, and imported
    "console": {"()": "project.logs.OneLine", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
    "json": {"()": "project.json_lines.JsonLines"},
}
_loggers = {
    "jobs": {"handlers": ["console"], "level": "INFO", "propagate": False},
    "project": {"handlers": ["console"], "level": "INFO", "propagate": False},
    "uvicorn": {"handlers": ["console"], "level": "INFO", "propagate": False},
    "django.request": {"handlers": ["console"], "level": "ERROR", "propagate": False},
}
if _environment.jobs["JOBS_LOG_FORMAT"] == "json":  # otherwise what gunicorn's options say of its lines holds
    _loggers |= dict.fromkeys(("gunicorn.error", "gunicorn.access"), _loggers["uvicorn"])
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": _formatters[_environment.jobs["JOBS_LOG_FORMAT"]]},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "loggers": _loggers,
    "root": {"handlers": ["console"], "level": "WARNING"},
}
