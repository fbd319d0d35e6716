"""The pages and the API as a WSGI application."""

import gc
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chengguan.config.settings")

from django.core.wsgi import get_wsgi_application

from chengguan.config import logs

logs.to_stderr(os.environ.get("CHENGGUAN_LOG_LEVEL", "INFO"))

application = get_wsgi_application()

# What is loaded now stays: the cycle collector need not walk it again, nor begin at every 700 objects.
gc.collect()
gc.freeze()
gc.set_threshold(5_000, 10, 5)
