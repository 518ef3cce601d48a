"""A GitHub App with a key of its own, in tests."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from integrations.sandbox.state import SandboxApp, SandboxState


@dataclass(frozen=True)
class AppKey:
    """A pair of keys in PEM."""

    private: str
    public: str


def new_key(bits: int = 2048) -> AppKey:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return AppKey(private.decode(), public.decode())


@cache
def app_key() -> AppKey:
    """The key of the App that is installed."""
    return new_key()


def install(state: SandboxState, **app: Any) -> SandboxApp:
    """Install the App ``4711`` in the sandbox."""
    installed = SandboxApp.model_validate(
        {"app_id": "4711", "public_key": app_key().public, "installation_id": 815, **app}
    )
    state.configure(state.settings.model_copy(update={"github_apps": [installed]}))
    return installed
