"""Encrypts what must not be readable in the database: signing secrets and tracker credentials."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from app.errors import ConfigError


class SecretUnreadable(ConfigError):
    """A stored secret was encrypted with a key that this process does not have."""

    reason = "secret_unreadable"

    def __init__(self) -> None:
        super().__init__(
            "A stored secret was encrypted with another key; set RELAY_SECRET_KEY to the key it "
            "was stored with "
            "(older keys go behind the newest one, separated by commas)."
        )


class Vault:
    """Fernet (AES-128-CBC with HMAC-SHA256) under the newest of several keys; older keys still
    decrypt."""

    def __init__(self, keys: str) -> None:
        try:
            self._fernet = MultiFernet(
                [Fernet(key.strip()) for key in keys.split(",") if key.strip()]
            )
        except ValueError:
            raise ConfigError(
                "RELAY_SECRET_KEY must hold keys as `relay secret-key` prints them, separated by "
                "commas.",
                reason="secret_key_invalid",
            ) from None

    def encrypt(self, secret: str) -> bytes:
        """``secret`` as a token that only this vault's keys read."""
        return self._fernet.encrypt(secret.encode())

    def decrypt(self, token: bytes) -> str:
        """The secret in ``token``. Raises SecretUnreadable."""
        try:
            return self._fernet.decrypt(token).decode()
        except InvalidToken:
            raise SecretUnreadable from None

    def encrypt_fields(self, fields: Mapping[str, object]) -> bytes:
        """Credentials with several fields, as one token."""
        return self.encrypt(json.dumps(dict(fields)))

    def decrypt_fields(self, token: bytes) -> dict[str, object]:
        """The credentials in ``token``. Raises SecretUnreadable."""
        fields: dict[str, object] = json.loads(self.decrypt(token))
        return fields


def new_key() -> str:
    """A fresh key."""
    return Fernet.generate_key().decode()


def load_keys(configured: str | None, data_dir: Path) -> str:
    """The configured keys, else those of the key file in ``data_dir``, made (mode 0600) where it is
    missing."""
    if configured:
        return configured
    path = data_dir / "secret.key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        draft = data_dir / f"secret.key.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(new_key())
        try:
            os.link(draft, path)  # fails where another process was first, so that all use one key
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
