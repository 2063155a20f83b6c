from django.apps import AppConfig
from pathlib import Path
from django.conf import settings


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        names = ["a", "b"]
        names.count("a")
        cache = {}
        cache.get("x")
        cache.update(y=1)
        first = "text".count("t")
        path = Path("x")
        path.exists()
        self.delete = None
        settings.objects = {}
        len(settings.objects)
