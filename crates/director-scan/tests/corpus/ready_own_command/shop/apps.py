from django.apps import AppConfig
from django.core import management


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        management.call_command("fill")
