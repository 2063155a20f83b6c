from django.db.models.signals import post_save
from django.dispatch import receiver

from .models import Task


@receiver(post_save, sender=Task)
def saved(sender, instance, **kwargs):
    Task.objects.filter(pk=instance.pk).update(enabled=True)
    instance.save()
