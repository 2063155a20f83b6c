from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save, pre_save


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        from .models import Task
        for signal in (post_save, post_delete):
            signal.connect(self.changed, sender=Task)
        for model in self.get_models():
            pre_save.connect(check, sender=model)

    def changed(self, sender, instance, **kwargs):
        sender.objects.exclude(pk=instance.pk).update(enabled=False)


def check(sender, instance, **kwargs):
    if sender.objects.filter(pk=instance.pk).exists():
        instance.delete()
