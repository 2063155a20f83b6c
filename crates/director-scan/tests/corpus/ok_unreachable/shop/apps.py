from django.apps import AppConfig
from django.core import checks


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        from .models import Task
        checks.register(lambda **kwargs: [])
        return
        Task.objects.count()
