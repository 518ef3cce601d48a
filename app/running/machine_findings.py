"""Looks at this machine: its settings, the secret key, the model and the disk."""

from __future__ import annotations

import importlib.metadata
import shutil
from pathlib import Path

from app.config import Settings
from app.errors import RelayError
from app.judging.chosen_model import known_languages, load_enricher, load_grouper
from app.running.runtime import open_vault, unknown_settings
from app.running.verdicts import right, wrong
from classifiers.contract import ModelError
from classifiers.encoding import encoder
from classifiers.encoding.model_files import published_model, verify
from integrations.certificates import trust
from integrations.contract import IntegrationError
from integrations.failures import NETWORK_REMEDIES
from integrations.network import read_proxy
from integrations.tracker_contract import Finding

DISK_LEAST_BYTES = 2**30


def settings_finding() -> Finding:
    """Whether somebody reads every setting of the environment."""
    misspelt = unknown_settings()
    return Finding(
        "settings",
        not misspelt,
        f"Nobody reads {', '.join(misspelt)}." if misspelt else "All are known.",
        "Correct the names; docs/configuration.md lists them all.",
    )


def network_finding(settings: Settings) -> Finding:
    """How calls leave this machine, and whether the files and addresses for that can be used."""
    network = settings.network
    try:
        trust(network)
        proxies = {
            proxy.address
            for text in (network.https_proxy, network.http_proxy)
            if text and (proxy := read_proxy(text))
        }
    except IntegrationError as error:
        return wrong("network", error.detail, NETWORK_REMEDIES[error.reason])
    way = f"Calls go through {' and '.join(sorted(proxies))}" if proxies else "Calls go straight"
    trusted = network.ca_file or ", ".join(network.trust_files) or network.trust_folder
    return right("network", f"{way}{f'; {trusted} is trusted' if trusted else ''}.")


def secret_key_finding(settings: Settings) -> Finding:
    """Whether there is a key for the vault, and nobody else can read its file."""
    problem = key_problem(settings)
    if problem:
        remedy = "Make a key with `relay secret-key`, or restore the one that was used."
        return wrong("secret key", problem, remedy)
    if settings.secret_key is not None:
        return right("secret key", "Set by RELAY_SECRET_KEY.")
    path = settings.data_dir / "secret.key"
    private = not path.stat().st_mode & 0o077
    detail = f"Others can read {path}."
    if private:
        detail = f"In {path}; keep a copy of it with your backups."
    return Finding("secret key", private, detail, f"Run: chmod 600 {path}")


def key_problem(settings: Settings) -> str:
    """Why the vault cannot be opened; empty where it can."""
    try:
        open_vault(settings)
    except RelayError as error:
        return error.detail
    except OSError as error:
        return f"The key file cannot be read ({error.strerror})."
    return ""


def model_finding(settings: Settings) -> Finding:
    """Whether the encoder and the heads that the settings name can be loaded."""
    try:
        load_grouper(settings)
    except ModelError as error:
        remedy = ""
        if settings.heads_dir:
            remedy = "Train the heads in RELAY_HEADS_DIR again with this version, or unset it."
        return wrong("model", error.detail, remedy)
    if settings.encoder:
        return named_model_finding(settings)
    return built_in_model_finding(settings.model_path)


def named_model_finding(settings: Settings) -> Finding:
    """Whether the encoder of RELAY_ENCODER loads."""
    try:
        enricher = load_enricher(settings)
    except ModelError as error:
        remedy = "Correct RELAY_ENCODER and RELAY_HEADS_DIR, or unset both."
        return wrong("model", error.detail, remedy)
    languages = known_languages(settings)
    judged = "every language" if languages is None else ", ".join(sorted(languages))
    return right("model", f"{enricher.space} through sentence-transformers, for {judged}.")


def built_in_model_finding(folder: Path) -> Finding:
    """Whether the built-in encoder is prepared. Its weights are needed for that alone."""
    prepared = encoder.is_prepared(folder)
    try:
        verify(published_model())
        weights = "weights with the known SHA-256"
    except ModelError as error:
        if error.reason == "model_digest_mismatch" or not prepared:
            return wrong("model", error.detail, "Then run `relay model prepare`.")
        weights = "weights not installed, which serving does not need"
    if not prepared:
        return wrong("model", f"Not prepared in {folder}.", "Run `relay model prepare` once.")
    runtime = importlib.metadata.version("openvino")
    return right("model", f"Prepared in {folder} ({weights}, OpenVINO {runtime}).")


def disk_finding(folder: Path) -> Finding:
    """Whether the disk of the data folder, which need not be there yet, has space."""
    existing = folder
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    free_bytes = shutil.disk_usage(existing).free
    return Finding(
        "disk",
        free_bytes >= DISK_LEAST_BYTES,
        f"{free_bytes / 2**30:.1f} GiB free for {folder}.",
        "Free some space (1 GiB at least), or point RELAY_DATA_DIR at a bigger disk.",
    )
