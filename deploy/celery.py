"""The Celery application: ``celery -A deploy.celery worker -Q default,aggregate -B``."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")
# Before numpy is imported: workers share the cores among themselves, and a matrix product whose
# threads wait for a busy core takes ten times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

app = Celery("folkmoot")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
