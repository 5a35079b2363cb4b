"""Redis as Celery's broker, with one fault of the transport mended: a worker that could not acknowledge.

A worker takes so many messages at a time, and takes the next when one is acknowledged. kombu keeps a message
as taken when Redis went away before its acknowledgement. When that befalls all of them at once, the worker
asks for nothing any more: it never notices that the connection was lost, and stands still for good, even
after Redis has come back. So what could not be acknowledged is forgotten here. It may then come a second
time, which every task bears.
"""

from typing import Any

from kombu.transport import redis, virtual


class QoS(redis.QoS):
    """What a worker has taken and not yet answered for."""

    def ack(self, delivery_tag: Any) -> None:
        """Answers for a message; whatever Redis says, it is not held any more."""
        try:
            super().ack(delivery_tag)
        except Exception:
            virtual.QoS.ack(self, delivery_tag)
            raise

    def reject(self, delivery_tag: Any, requeue: bool = False) -> None:
        """Gives a message back; whatever Redis says, it is not held any more."""
        try:
            super().reject(delivery_tag, requeue=requeue)
        except Exception:
            virtual.QoS.ack(self, delivery_tag)
            raise


class Channel(redis.Channel):
    """A channel that counts as above."""

    QoS = QoS


class Transport(redis.Transport):
    """The transport that `CELERY_BROKER_TRANSPORT` names."""

    Channel = Channel
