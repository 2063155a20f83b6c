from django.apps import AppConfig


class Loader:
    def ready(self):
        from .models import Task

        Task.objects.count()


class ShopConfig(AppConfig):
    name = "shop"
    verbose_name = "Shop"
