from django.db import models


class LiveQuerySet(models.QuerySet):
    def live(self):
        return self.filter(live=True)

    def names(self):
        return [one.name for one in self.live()]


class LiveManager(models.Manager):
    def get_queryset(self):
        return super().get_queryset().filter(live=True)

    def newest(self):
        return self.get_queryset().latest("pk")


class Page(models.Model):
    objects = LiveQuerySet.as_manager()
    published = LiveManager()
