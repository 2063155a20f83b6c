from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        from .models import Task
        tasks = Task.objects.all()
        text = f"{tasks}"
        first, *rest = tasks
        print(*tasks)
        found = "a" in Task.objects.values_list("name", flat=True)
        names = ", ".join(Task.objects.values_list("name", flat=True))
