from django.apps import AppConfig
from django.db import connection, connections
from django.db.backends.signals import connection_created


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        if connection.vendor == "sqlite":
            connection.settings_dict["OPTIONS"].setdefault("timeout", 20)
        connections["default"].settings_dict
        connection_created.connect(set_pragmas)
        for alias in connections:
            connections[alias].close()


def set_pragmas(sender, connection, **kwargs):
    connection.cursor().execute("PRAGMA synchronous=NORMAL")
