"""One view: one raw upsert through Django, durable like every vote; nothing is checked."""

import os

from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.bare.settings"

import django

django.setup(set_prefix=False)

UPSERT = """
    INSERT INTO bare_vote (participant, statement, value) VALUES (%s, %s, %s)
    ON CONFLICT (participant, statement) DO UPDATE SET value = EXCLUDED.value
"""


def upsert(request: HttpRequest) -> HttpResponse:
    sent = request.POST
    with connection.cursor() as cursor:
        cursor.execute(UPSERT, [sent["participant"], sent["statement"], sent["value"]])
    return HttpResponse("stored")


urlpatterns = [path("vote/", upsert)]
application = WSGIHandler()
