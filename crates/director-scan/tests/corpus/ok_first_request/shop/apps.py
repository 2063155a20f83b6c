from django.apps import AppConfig
from django.core.signals import request_started


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        request_started.connect(self.on_first_request, dispatch_uid="shop")

    def on_first_request(self, sender, **kwargs):
        request_started.disconnect(dispatch_uid="shop")
        self.get_model("Task").objects.count()
