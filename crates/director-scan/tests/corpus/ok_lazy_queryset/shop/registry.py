class Registry:
    def __init__(self):
        self.items = {}

    def register(self, name, queryset):
        self.items[name] = queryset


registry = Registry()
