"""A Celery task of the shop's own."""

from celery import shared_task

from stock.models import Count


@shared_task
def count(by):
    Count.objects.create(by=by)
