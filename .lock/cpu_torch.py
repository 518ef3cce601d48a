"""Installs a CPU build of torch with what sentence-transformers needs, and never a CUDA one.

Run by ``make install-torch``, and with ``--if-possible`` by ``make test``: then a build with CUDA
is no error, as the tests that need torch are skipped. torch stays out of the locked files because
its CPU and CUDA builds share one version number, and which of them an index has is a matter of the
machine.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

TORCH = "torch==2.13.0"
CUDA = ("nvidia-", "cuda-", "triton")
REMEDY = (
    "Give pip PyTorch's index of CPU builds in PIP_EXTRA_INDEX_URL (its address is on PyTorch's "
    "installation page), "
    "or such a wheel's folder in PIP_FIND_LINKS; docs/install.md says more."
)


def pip(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run this environment's pip quietly."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603


def why_not() -> str | None:
    """What speaks against installing the build that pip would choose, or None. Downloads its
    metadata only."""
    answer = pip("install", "--dry-run", "--ignore-installed", "--no-deps", "--report", "-", TORCH)
    if answer.returncode:
        return f"No {TORCH} is to be had for this Python and platform."
    needs = json.loads(answer.stdout)["install"][0]["metadata"].get("requires_dist", [])
    # Markers tell platforms apart: on macOS and Windows the same metadata asks for no CUDA.
    cuda = [need for need in needs if need.startswith(CUDA) and _applies(need)]
    return f"pip would install a {TORCH} that pulls {len(cuda)} CUDA packages." if cuda else None


def _applies(need: str) -> bool:
    from pip._vendor.packaging.requirements import Requirement

    marker = Requirement(need).marker
    return marker is None or marker.evaluate({"extra": ""})


def main() -> str | None:
    """Install, and return what went wrong."""
    optional = "--if-possible" in sys.argv[1:]
    if reason := why_not():
        if not optional:
            return f"{reason} {REMEDY}"
        print(
            f"{reason} Tests against sentence-transformers will be skipped (see docs/install.md)."
        )
        return None
    print("Installing a CPU build of torch and sentence-transformers.", flush=True)
    lock = Path(__file__).with_name("torch.txt")
    for arguments in ([TORCH], ["--require-hashes", "-r", str(lock)]):
        answer = pip("install", "--no-deps", *arguments)
        if answer.returncode:
            return answer.stderr.strip()
    found = subprocess.run(
        [sys.executable, "-c", "import torch; print(torch.version.cuda or '')"],
        capture_output=True,
        text=True,
    )
    if found.returncode or found.stdout.strip():
        pip("uninstall", "--yes", "torch")
        cuda = found.stdout.strip() or "unknown"
        return (
            f"The torch that was installed is no CPU build (CUDA {cuda}) and was removed. {REMEDY}"
        )
    return None


if __name__ == "__main__":
    sys.exit(main())
