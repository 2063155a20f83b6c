from django.apps import AppConfig
import logging
import sys


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        if "gunicorn" in sys.argv[0] or "uvicorn" in sys.argv:
            logging.getLogger(__name__).info("serving")
