from rest_framework import serializers, viewsets

from .models import Task


class TaskSerializer(serializers.ModelSerializer):
    owner = serializers.PrimaryKeyRelatedField(queryset=Task.objects.all())
    total = serializers.SerializerMethodField()

    class Meta:
        model = Task
        fields = "__all__"

    def get_total(self, task):
        return Task.objects.count()


class TaskViewSet(viewsets.ModelViewSet):
    queryset = Task.objects.filter(enabled=True)
    serializer_class = TaskSerializer

    def perform_create(self, serializer):
        serializer.save()
