from django.apps import AppConfig
from typing import TYPE_CHECKING
from django.db import connection


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        if TYPE_CHECKING:
            from .models import Task
            list(Task.objects.all())
        if False:
            connection.cursor()
