from django.core.management.base import BaseCommand

from shop.models import Task

ALL = list(Task.objects.all())


class Command(BaseCommand):
    def handle(self, *args, **options):
        for task in Task.objects.all():
            task.save()
