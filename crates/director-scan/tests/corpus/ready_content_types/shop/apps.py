from django.apps import AppConfig
from django.contrib.sites.models import Site


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        from django.contrib.contenttypes.models import ContentType
        ContentType.objects.get_for_model(Site)
        Site.objects.get_current()
