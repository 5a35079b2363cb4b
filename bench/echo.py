"""An empty Celery task over Redis: the peer of everything that travels from one process to another."""

import os

from celery import Celery

app = Celery("echo", broker=os.environ.get("REDIS_URL"), backend=os.environ.get("REDIS_URL"))


@app.task
def echo() -> None:
    """Nothing."""
