from django.apps import AppConfig
from functools import cached_property

registry = {}


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        registry["shop"] = self
        self.label

    @cached_property
    def first(self):
        return self.get_model("Task").objects.first()
