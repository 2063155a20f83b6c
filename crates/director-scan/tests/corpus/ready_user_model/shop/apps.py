from django.apps import AppConfig
from django.contrib.auth import get_user_model


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        User = get_user_model()
        User.objects.filter(is_superuser=True).first()
        get_user_model().objects.count()
