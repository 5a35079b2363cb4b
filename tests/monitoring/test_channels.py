"""The ways out, against real receivers: what arrives is what was said, and refusals are told apart."""

import base64
import json
import logging
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import http_ece
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from monitoring import channels
from monitoring.channels import Gone, Message, NotDelivered, webpush
from tests.monitoring.receivers import Web, web_sink


@pytest.fixture
def web(settings: Any) -> Iterator[Web]:
    settings.PRIVATE_TARGETS = [ip_network("127.0.0.0/8")]
    settings.APPRISE_ALSO = ["json"]
    with web_sink() as web:
        yield web


class Browser:
    """A browser's end of web push: its keys, and the address of its push service."""

    def __init__(self, endpoint: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = b"0123456789abcdef"
        public = self.key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        keys = {"p256dh": text_of(public), "auth": text_of(self.auth)}
        self.subscription = json.dumps({"endpoint": endpoint, "keys": keys, "expirationTime": None})

    def opened(self, body: bytes) -> Any:
        """What a sealed message says."""
        return json.loads(http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth))


def text_of(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def push(secret: str) -> Message:
    return Message(
        "webpush", "key-1", "HIGH: Fever · 001", "Temperature 39.5 °C", "https://x/a", True, secret=secret
    )


def test_a_push_is_sealed_for_the_browser_and_names_the_server(web: Web) -> None:
    browser = Browser(f"{web.url}/push/abc")
    channels.send(push(json.dumps(webpush.subscription(browser.subscription))))
    [taken] = web.requests
    assert browser.opened(taken.body) == {
        "title": "HIGH: Fever · 001",
        "body": "Temperature 39.5 °C",
        "url": "https://x/a",
        "tag": "key-1",
    }
    assert (taken.headers["urgency"], taken.headers["content-encoding"]) == ("high", "aes128gcm")
    assert taken.headers["authorization"].endswith(f"k={webpush.public_key()}")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        pytest.param(410, Gone, id="the browser has taken its permission back"),
        pytest.param(404, Gone, id="it is not known"),
        pytest.param(413, NotDelivered, id="the message is refused"),
        pytest.param(429, ConnectionError, id="too many: later"),
        pytest.param(503, ConnectionError, id="the service is in trouble: later"),
    ],
)
def test_what_a_push_service_refuses(web: Web, status: int, error: type[Exception]) -> None:
    web.answers = lambda taken: status
    with pytest.raises(error) as raised:
        channels.send(push(Browser(f"{web.url}/push/secret-address").subscription))
    assert type(raised.value) is error
    assert "secret-address" not in str(raised.value)


def test_a_messenger_says_the_same(web: Web) -> None:
    address = web.url.replace("http://", "json://") + "/secret-address"
    channels.send(Message("apprise", "key-1", "HIGH: Fever", "39.5 °C", "https://x/a", secret=address))
    said = json.loads(web.requests[0].body)
    assert (said["title"], said["message"]) == ("HIGH: Fever", "39.5 °C\nhttps://x/a")


def test_a_messenger_that_does_not_take_it_is_tried_again_and_its_address_stays_secret(
    web: Web, caplog: pytest.LogCaptureFixture
) -> None:
    web.answers = lambda taken: 500
    address = web.url.replace("http://", "json://") + "/secret-address"
    message = Message("apprise", "key-1", "HIGH: Fever", "39.5 °C", secret=address)
    with caplog.at_level(logging.DEBUG), pytest.raises(ConnectionError) as raised:
        channels.send(message)
    assert "secret-address" not in str(raised.value) + repr(message)
