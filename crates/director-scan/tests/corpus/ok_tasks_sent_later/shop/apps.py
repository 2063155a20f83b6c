from django.apps import AppConfig
from apscheduler.schedulers.background import BackgroundScheduler
from celery import current_app as app
from django.contrib.auth.signals import user_logged_in

scheduler = BackgroundScheduler()


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        from .tasks import sweep
        app.conf.beat_schedule = {"sweep": {"task": sweep.name}}
        scheduler.add_job(sweep, "interval", minutes=5)
        user_logged_in.connect(sweep.delay)
