from django.apps import AppConfig
from django import db


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        db.connections["default"].ensure_connection()
        tables = db.connection.introspection.table_names()
