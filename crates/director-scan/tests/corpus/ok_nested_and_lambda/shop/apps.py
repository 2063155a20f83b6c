from django.apps import AppConfig
from django.core import checks


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        from .models import Task

        def later():
            return list(Task.objects.all())

        checks.register(later)
        self.count = lambda: Task.objects.count()
