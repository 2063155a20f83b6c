from django.apps import AppConfig
import boto3
from mongoengine import Document
from .shelf import Shelf, world


class Article(Document):
    title = None


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        bucket = boto3.resource("s3").Bucket("files")
        for item in bucket.objects.all():
            print(item.key)
        for scene in world.objects:
            scene.save()
        list(Shelf.objects)
        for page in Article.objects(published=True):
            page.reload()
