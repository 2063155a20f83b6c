from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "shop"


class Seeding(AppConfig):
    name = "shop"
    default = False

    def ready(self):
        self.get_model("Task").objects.create(name="seed")
