from django.apps import AppConfig
from django.core.signals import request_started
import sys


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        if "runserver" in sys.argv or "uvicorn" in sys.argv:
            request_started.connect(self.on_request, dispatch_uid="shop")
        else:
            self.set_up()

    def on_request(self, sender, **kwargs):
        self.set_up()

    def set_up(self):
        from .models import Task

        for task in Task.objects.filter(enabled=True):
            task.start()
