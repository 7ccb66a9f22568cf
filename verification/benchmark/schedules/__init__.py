"""Cost of many schedules: jobs of schedules beside plain ones, a beat with and without them, django-celery-beat."""
