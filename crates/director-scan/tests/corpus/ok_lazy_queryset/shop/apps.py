from django.apps import AppConfig
from .registry import registry


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        from .models import Task
        self.tasks = Task.objects.filter(enabled=True).order_by("name")[:10]
        self.tasks = self.tasks.exclude(name="x").select_related() | Task.objects.none()
        registry.register("tasks", self.tasks)
