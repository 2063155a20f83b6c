from django.apps import AppConfig
import asyncio
from functools import partial
from django.db import transaction
from .helpers import count, later, one, two


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        transaction.on_commit(lambda: count("a"))
        for step in (one, two):
            step()
        partial(count, "b")()
        list(map(count, ["c"]))
        asyncio.run(later())
