"""Wiring: settings, the Celery app, URLs, WSGI. No behaviour of jobs lives here."""

from project import zones as zones  # first of all: nobody may have read a zone of the host's
