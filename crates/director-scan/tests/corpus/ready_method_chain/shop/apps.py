from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        self._first()

    def _first(self):
        self._second(3)

    def _second(self, depth):
        if depth:
            return self._first()
        from .models import Task

        return list(Task.objects.all())
