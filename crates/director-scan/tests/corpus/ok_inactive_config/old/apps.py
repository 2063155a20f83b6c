from django.apps import AppConfig


class OldConfig(AppConfig):
    name = "old"

    def ready(self):
        self.get_model("Thing").objects.first()
