from django.apps import AppConfig
from .lazily import load, names, one


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        self.names = names()
        self.loading = load()
        self.mapped = map(one, [1, 2])
