from django.db import migrations


def fill(apps, schema_editor):
    Task = apps.get_model("shop", "Task")
    for task in Task.objects.all():
        task.save()


class Migration(migrations.Migration):
    operations = [migrations.RunPython(fill)]
