from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        from shop.models import Task
        Task.objects.count()
        if Task.objects.filter(name="a").exists():
            pass
        size = len(Task.objects.all())
        if Task.objects.all():
            pass
        first = Task.objects.order_by("name")[0]
        some = Task.objects.all()[:10:2]
