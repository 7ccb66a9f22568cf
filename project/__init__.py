"""Wiring: settings, the Celery app, URLs, WSGI. No behaviour of jobs lives here."""
