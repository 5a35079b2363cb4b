"""Pages and API of the production shape, for granian."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()

# What lives as long as the process is loaded before the first caller waits for it, and then left out of every
# later collection: walking half a million objects took 40 % of a bulk request.
_ = get_resolver().url_patterns
gc.collect()
gc.freeze()
# A page of sixty patients makes tens of thousands of objects that end with it: no walk after every 700.
gc.set_threshold(50_000, 20, 20)
