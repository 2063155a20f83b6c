from django.apps import AppConfig


class Quiet(AppConfig):
    name = "shop"

    def ready(self):
        self.get_model("Task").objects.first()


class Loud(AppConfig):
    name = "shop"

    def ready(self):
        self.get_model("Task").objects.last()
