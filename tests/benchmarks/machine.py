"""What every benchmark prints about itself, and how it sums numbers up."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path


def describe(*packages: str) -> str:
    """Machine, load and versions in one line."""
    model = "unknown CPU"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        model = next(
            (
                line.split(":")[1].strip()
                for line in cpuinfo.open()
                if line.startswith("model name")
            ),
            model,
        )
    named = ", ".join(f"{name} {version(name)}" for name in packages)
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    system = f"{platform.system()}, Python {platform.python_version()}"
    return f"{model}, {os.cpu_count()} cores, {load}, {system}, {named}"


def spread(values: Sequence[float], digits: int = 0) -> str:
    """n, median and range."""
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"median {middle:,.{digits}f} (n={len(values)}, {low:,.{digits}f} to {high:,.{digits}f})"


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
