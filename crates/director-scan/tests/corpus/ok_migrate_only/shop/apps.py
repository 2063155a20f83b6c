from django.apps import AppConfig
import sys
from django.db import connection


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        if "migrate" in sys.argv:
            from .models import Task
            Task.objects.count()
        if len(sys.argv) > 1 and sys.argv[1] in ("loaddata", "flush"):
            connection.cursor()
        if not any(word in sys.argv for word in ["migrate", "makemigrations"]):
            return
        connection.cursor()
