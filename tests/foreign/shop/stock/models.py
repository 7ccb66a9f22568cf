"""What the shop has counted, in its other database."""

from django.db import models


class Count(models.Model):
    by = models.CharField(max_length=50)
    at = models.DateTimeField(auto_now_add=True)
