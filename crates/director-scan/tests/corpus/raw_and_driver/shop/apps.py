from django.apps import AppConfig
import sqlite3


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        from .models import Task
        for task in Task.objects.raw("SELECT * FROM shop_task"):
            pass
        sqlite3.connect("db.sqlite3").execute("PRAGMA journal_mode=WAL")
