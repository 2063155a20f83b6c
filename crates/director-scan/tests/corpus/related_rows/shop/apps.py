from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        from .models import Task
        task = Task.objects.get(pk=1)
        for step in task.steps.all():
            step.save()
        task.refresh_from_db()
