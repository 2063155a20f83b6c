from django.db import models


class Quick(models.QuerySet):
    def enabled(self):
        return self.filter(enabled=True)


class QuickManager(models.Manager.from_queryset(Quick)):
    def total(self):
        return self.enabled().count()
