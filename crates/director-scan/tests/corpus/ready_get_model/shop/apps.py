from django.apps import AppConfig
from django.apps import apps


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        Task = self.get_model("Task")
        names = [task.name for task in Task.objects.all()]
        Other = apps.get_model("shop", "Other")
        Other.objects.update(done=True)
        for model in self.get_models():
            print(model._default_manager.count())
