"""The event stream of the production shape, and everything in the embedded one, for uvicorn."""

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("DATABASE_POOL", "true")
_django: Any = get_asgi_application()

from django.conf import settings  # noqa: E402 - needs the set-up above

from config.api import limit_bodies  # noqa: E402

application = limit_bodies(_django, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
