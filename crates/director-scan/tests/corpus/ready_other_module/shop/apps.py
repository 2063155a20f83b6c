from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        from . import jobs
        from .util.loader import load as fetch
        jobs.schedule()
        fetch()
