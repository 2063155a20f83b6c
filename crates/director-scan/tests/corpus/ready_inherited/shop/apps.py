from core.apps import LoadingConfig


class ShopConfig(LoadingConfig):
    name = "shop"

    def load(self):
        self.get_model("Task").objects.exists()
