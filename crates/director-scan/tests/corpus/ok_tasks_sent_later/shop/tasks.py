from celery import shared_task

from .models import Task


@shared_task
def sweep(*args, **kwargs):
    return Task.objects.filter(enabled=False).delete()
