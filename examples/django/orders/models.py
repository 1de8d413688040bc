"""What the shop keeps about an order."""

from django.db import models


class Order(models.Model):
    """An order, and the run that works it off."""

    products = models.JSONField()
    total = models.IntegerField(null=True)
    run_id = models.CharField(max_length=200)

    class Meta:
        permissions = (("view_runs", "Can see runs"), ("steer_runs", "Can stop and continue runs"))
