"""Settings, each an environment variable ``RELAY_<NAME>``: docs/configuration.md lists them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import platformdirs
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from classifiers.texts.language import LANGUAGES
from integrations.contract import IntegrationError
from integrations.network import Network, network_of, read_proxy


def default_data_dir() -> Path:
    """The platform's user data folder."""
    return Path(platformdirs.user_data_dir("feedback-relay"))


@dataclass(frozen=True, slots=True)
class MailServer:
    """A server that takes mails from us. ``tls``: ``starttls``, ``tls`` or ``none``; blank ``user``
    signs nobody in. ``sender`` may hold a name."""

    host: str
    port: int
    tls: str
    user: str
    password: str = field(repr=False)
    sender: str
    ca_file: str = ""


class Settings(BaseSettings):
    """What an operator can set. Durations are in seconds."""

    model_config = SettingsConfigDict(env_prefix="RELAY_", extra="ignore", env_ignore_empty=True)

    database_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL >= 16 with pgvector >= 0.8. "
        "Unset: an embedded server in the data folder.",
    )
    data_dir: Path = Field(
        default_factory=default_data_dir,
        description="Where the embedded database, the prepared model and the secret key live.",
    )
    secret_key: SecretStr | None = Field(
        default=None,
        description="Keys that encrypt stored secrets, newest first, separated by commas "
        "(make one with `relay secret-key`). Unset: a key file in the data folder.",
    )
    host: str = Field(default="127.0.0.1", description="Address that the web server listens on.")
    port: int = Field(
        default=8400, ge=0, le=65535, description="Port that the web server listens on."
    )
    public_url: str = Field(
        default="",
        description="Address under which platforms and people reach this service. "
        "Unset: host and port.",
    )
    model_dir: Path | None = Field(
        default=None, description="Where the prepared model lies. Unset: in the data folder."
    )
    model_threads: int = Field(
        default=0, ge=0, description="Threads of the encoder; 0 means all cores."
    )
    model: Literal["", "default", "multilingual"] = Field(
        default="",
        description="The model that reads comments, for every process alike. Unset: the one that "
        "`relay model use` put in force.",
    )
    encoder: str = Field(
        default="",
        description="Another encoder: the published name or the folder of a sentence-transformers "
        "model with 384 dimensions. Unset: the built-in one, for English.",
    )
    heads_dir: Path | None = Field(
        default=None,
        description="Folder of the heads that belong to the encoder. Unset: the shipped ones.",
    )
    languages: str = Field(
        default="",
        description="Languages that are judged, by their ISO 639-1 codes, separated by commas, "
        "or `all`; comments in others are marked. Unset: `en`; with another encoder `all`.",
    )
    allow_private_addresses: bool = Field(
        default=False, description="Let trackers and sources live on loopback or private addresses."
    )
    ca_file: Path | None = Field(
        default=None,
        description="PEM file of certificate authorities of your own, trusted besides the others "
        "by every call that leaves this service.",
    )
    proxy: SecretStr | None = Field(
        default=None,
        description="Proxy that calls to trackers, sources and the language model go through "
        "(`http://user:password@proxy.example:3128`). Unset: HTTPS_PROXY and HTTP_PROXY.",
    )
    no_proxy: str = Field(
        default="",
        description="Hosts that are called without it, separated by commas. Unset: NO_PROXY.",
    )
    llm_url: str = Field(
        default="",
        description="OpenAI-compatible endpoint that writes titles and summaries, up to /v1. "
        "Unset: none is asked.",
    )
    llm_model: str = Field(default="", description="The model to ask for there.")
    llm_key: SecretStr | None = Field(default=None, description="Its key, where it wants one.")
    llm_daily_calls: int = Field(
        default=200, ge=0, description="Calls of the language model a day (UTC), at most."
    )
    llm_timeout: float = Field(
        default=60.0, gt=0, description="How long one answer of the language model may take."
    )
    smtp_host: str = Field(
        default="", description="Server that takes our mails. Unset: no digest goes out by mail."
    )
    smtp_port: int = Field(default=587, ge=1, le=65535, description="Its port.")
    smtp_tls: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="How mails are kept from others: `starttls`, `tls` from the first byte (port "
        "465), or `none` on a network of your own.",
    )
    smtp_user: str = Field(default="", description="Who signs in there. Unset: nobody.")
    smtp_password: SecretStr | None = Field(default=None, description="Their password.")
    mail_from: str = Field(
        default="",
        description="Sender of our mails (`Feedback Relay <relay@example.org>`). Unset: "
        "`feedback-relay@` and the host of the public address.",
    )
    lease_seconds: float = Field(
        default=30.0,
        gt=0,
        description="How long a worker may hold a batch before another takes it.",
    )
    batch_size: int = Field(
        default=128, ge=1, le=1000, description="Rows that a stage takes at once."
    )
    max_attempts: int = Field(
        default=5, ge=1, description="Tries of a row before it is shown as failed."
    )
    undo_seconds: float = Field(
        default=10.0, ge=0, description="How long a person's decision waits before its push."
    )
    refresh_seconds: float = Field(
        default=60.0, ge=0, description="A ticket is brought up to date at most this often."
    )
    push_interval: float | None = Field(
        default=None,
        ge=0,
        description="Least time between two writes to a tracker. "
        "Unset: what the vendor's limits ask.",
    )
    push_settle: float | None = Field(
        default=None,
        ge=0,
        description="How long after a cut-off call its ticket is looked for. "
        "Unset: as the tracker's kind asks (Jira several times in an hour).",
    )
    status_seconds: float = Field(
        default=300.0,
        ge=0,
        description="How often the tickets of a tracker are compared with ours, beside its "
        "webhook; 0 means never.",
    )
    status_calls: int = Field(
        default=1_000,
        ge=1,
        description="Calls an hour by which all workers together read from one tracker, at most.",
    )
    idle_seconds: float = Field(
        default=1.0, gt=0, description="How often an idle worker looks for work by itself."
    )
    session_hours: float = Field(
        default=24 * 14, gt=0, description="How long a dashboard login lasts."
    )
    keep_deliveries_days: int = Field(
        default=30,
        ge=1,
        le=36_500,
        description="Days that the body of a delivery is kept after it was read.",
    )
    keep_ignored_days: int = Field(
        default=7,
        ge=1,
        le=36_500,
        description="Days that the body of an ignored delivery is kept.",
    )
    keep_comments_days: int | None = Field(
        default=None,
        ge=1,
        le=36_500,
        description="Days that a comment is kept after it came or was last edited. "
        "Unset: for ever.",
    )
    keep_activity_days: int | None = Field(
        default=None,
        ge=1,
        le=36_500,
        description="Days that the history of decisions is kept. Unset: for ever.",
    )
    pool_size: int = Field(
        default=12, ge=2, description="Database connections of one process, at most."
    )
    head_bytes: int = Field(
        default=65_536, ge=1_024, description="How long the head of a request may be, in bytes."
    )
    head_seconds: float = Field(
        default=10.0, gt=0, description="How long the head of a request may take to arrive."
    )
    body_seconds: float = Field(
        default=60.0,
        gt=0,
        description="How long the body of a request may take to arrive, and an answer to be read.",
    )
    connections: int = Field(
        default=1_000, ge=1, description="Connections that the web server holds at once, at most."
    )
    connections_per_address: int = Field(
        default=200, ge=0, description="Of these from one address, at most; 0 means any number."
    )
    trusted_proxies: str = Field(
        default="127.0.0.1,::1",
        description="Addresses or networks of proxies before the web server, separated by commas: "
        "their `X-Forwarded-` headers are believed, and their connections not counted by address.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least level to log."
    )
    log_format: Literal["console", "json"] = Field(
        default="console", description="For people or for machines."
    )

    @field_validator("languages")
    @classmethod
    def _languages(cls, value: str) -> str:
        codes = [code.strip().lower() for code in value.split(",") if code.strip()]
        unknown = [code for code in codes if code not in (*LANGUAGES, "all")]
        if unknown:
            raise ValueError(
                f"{', '.join(unknown)} cannot be told apart; known are: all, {', '.join(LANGUAGES)}"
            )
        return ",".join(codes)

    @field_validator("trusted_proxies")
    @classmethod
    def _trusted_proxies(cls, value: str) -> str:
        proxies = [proxy.strip() for proxy in value.split(",") if proxy.strip()]
        for proxy in proxies:
            try:
                ip_network(proxy, strict=False)
            except ValueError:
                raise ValueError(
                    f"{proxy} is neither an address nor a network such as 10.0.0.0/8"
                ) from None
        return ",".join(proxies)

    @field_validator("proxy")
    @classmethod
    def _proxy(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            try:
                read_proxy(value.get_secret_value())
            except IntegrationError as error:
                raise ValueError(error.detail) from None
        return value

    @property
    def network(self) -> Network:
        """How calls leave this machine, by these settings and the standard variables."""
        return network_of(
            os.environ,
            allow_private=self.allow_private_addresses,
            ca_file=str(self.ca_file or ""),
            proxy=self.proxy.get_secret_value() if self.proxy else "",
            no_proxy=self.no_proxy,
        )

    @property
    def mail_server(self) -> MailServer | None:
        """Where mails are given to; None where none is named."""
        if not self.smtp_host:
            return None
        host = urlsplit(self.base_url).hostname or "localhost"
        return MailServer(
            host=self.smtp_host,
            port=self.smtp_port,
            tls=self.smtp_tls,
            user=self.smtp_user,
            password=self.smtp_password.get_secret_value() if self.smtp_password else "",
            sender=self.mail_from or f"Feedback Relay <feedback-relay@{host}>",
            ca_file=str(self.ca_file or ""),
        )

    @property
    def base_url(self) -> str:
        """The public address without a trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def model_path(self) -> Path:
        """The folder of the prepared model."""
        return self.model_dir or self.data_dir / "model"


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
