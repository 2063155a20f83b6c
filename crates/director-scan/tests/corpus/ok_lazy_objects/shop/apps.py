from django.apps import AppConfig
from django.utils.functional import SimpleLazyObject, lazy
from django.utils.module_loading import autodiscover_modules


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        self.site = SimpleLazyObject(first_task)
        self.reverse = lazy(first_task, str)
        autodiscover_modules("shop_plugins")


def first_task():
    from .models import Task

    return Task.objects.first()
