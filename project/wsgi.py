"""The entry point of any WSGI server. Our own one, `python -m project.web`, needs it not."""

import os

from django.core.wsgi import get_wsgi_application

from jobs.kept import renew_beside
from project.web import sessions

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

application = get_wsgi_application()
sessions.bound()
renew_beside()
