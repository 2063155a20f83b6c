from rest_framework import serializers

from .models import Task


class Base(serializers.ModelSerializer):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance:
            self.keys = list(Task.objects.filter(pk=self.instance.pk))


class StepSerializer(Base):
    pass


class TaskSerializer(Base):
    steps = StepSerializer(many=True, read_only=True)
