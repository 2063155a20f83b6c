from django.apps import AppConfig
import sys


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        if not is_server():
            return
        from .models import Task
        Task.objects.first()


def is_server():
    return any(name in sys.argv for name in ("runserver", "gunicorn"))
