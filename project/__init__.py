"""Wiring: settings, the Celery app, URLs, WSGI. No behaviour of jobs lives here."""

from jobs import zones

zones.use_the_package()  # first of all: nobody may have read a zone of the host's
