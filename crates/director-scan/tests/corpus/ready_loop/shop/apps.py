from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        from .models import Task
        tasks = Task.objects.filter(enabled=True)
        for task in tasks:
            print(task.name)
