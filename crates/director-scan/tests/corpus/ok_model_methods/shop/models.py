from django.db import models


class Task(models.Model):
    name = models.CharField(max_length=50)
    enabled = models.BooleanField(default=True)

    def rename(self, name):
        self.name = name
        self.save()

    @classmethod
    def newest(cls):
        return cls.objects.latest("pk")

    class Meta:
        ordering = ["name"]


class Child(models.Model):
    task = models.ForeignKey(Task, on_delete=models.CASCADE, limit_choices_to={"enabled": True})
    live = models.Manager()
