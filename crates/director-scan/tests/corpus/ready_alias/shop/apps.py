import django.apps
from django.apps import AppConfig as Base


class One(Base):
    name = "shop"
    default = True

    def ready(self):
        from .models import Task as T

        T.objects.first()


class Two(django.apps.AppConfig):
    name = "shop"
    default = False

    def ready(self):
        from .models import Task

        Task.objects.last()
