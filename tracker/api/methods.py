"""What OPTIONS answers: which methods an address has. The framework would look for a serializer."""

from typing import Any

from rest_framework.metadata import BaseMetadata
from rest_framework.request import Request


class Methods(BaseMetadata):
    """The methods of an address, and where their bodies are described."""

    def determine_metadata(self, request: Request, view: Any) -> dict[str, Any]:
        """The answer's body."""
        return {"methods": view.allowed_methods, "described_in": "/api/schema/"}
