"""Places orders, and shows what became of them."""

import json

from django.db import transaction
from django.http import JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.csrf import csrf_exempt
from shop.celery import orchestrator

from orders.models import Order
from orders.tasks import workflow


@csrf_exempt  # for programs, in this example
@transaction.atomic
def place(request):
    order = Order.objects.create(products=json.loads(request.body))
    run = workflow(order).delay_on_commit()
    order.run_id = run.id
    order.save()
    return JsonResponse({"number": order.pk, "run": run.id}, status=201)


def show(request, number):
    order = get_object_or_404(Order, pk=number)
    run = orchestrator.run(order.run_id)
    return JsonResponse({"total": order.total, "status": run.status, "done": run.progress().done})
