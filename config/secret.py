"""The embedded mode's own secret key, kept in DATA_DIR. Production names its key in the environment."""

import os
import secrets
from pathlib import Path


def _file(data_dir: Path) -> Path:
    return data_dir / "secret_key"


def read_key(data_dir: Path) -> str:
    """The key of this DATA_DIR; where there is none yet, one that lasts as long as this process."""
    try:
        return _file(data_dir).read_text().strip()
    except OSError:
        return secrets.token_urlsafe(50)


def ensure_key(data_dir: Path) -> str:
    """The key of this DATA_DIR, made with mode 0600 when absent."""
    try:
        descriptor = os.open(_file(data_dir), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return read_key(data_dir)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(50))
    return read_key(data_dir)
