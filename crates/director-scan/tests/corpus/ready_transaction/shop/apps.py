from django.apps import AppConfig
from django.db import transaction


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        with transaction.atomic():
            pass
        self.prepare()

    @transaction.atomic
    def prepare(self):
        return 1
