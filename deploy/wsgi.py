"""The WSGI entry point served by Granian."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")

application = get_wsgi_application()

# What is loaded now stays. Looking through it for garbage again and again takes time from
# requests.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 50)
