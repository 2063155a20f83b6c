from django.core.management.base import BaseCommand

from shop.models import Task


class Command(BaseCommand):
    def handle(self, *args, **options):
        Task.objects.create(name="x")
