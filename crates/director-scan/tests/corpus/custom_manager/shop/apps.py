from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        from .models import Page
        Page.objects.names()
        Page.published.newest()
        for page in Page.published.all():
            pass
