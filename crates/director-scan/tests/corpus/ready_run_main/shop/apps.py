from django.apps import AppConfig
import os


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        if os.environ.get("RUN_MAIN") != "true":
            return
        from .models import Task
        Task.objects.update(enabled=False)
