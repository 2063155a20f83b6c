from django.db import models


class Task(models.Model):
    name = models.CharField(max_length=50)
    enabled = models.BooleanField(default=True)


class Choice(models.Model):
    task = models.IntegerField(choices=[(t.pk, t.name) for t in Task.objects.all()])
    kind = models.IntegerField(default=Task.objects.count())
