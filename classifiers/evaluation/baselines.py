"""Whether the methods to compare with can be run here, asked before any row is read."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence

from classifiers.evaluation.datasets import DataError


def check(names: Sequence[str], needs: Mapping[str, Sequence[str]], task: str) -> None:
    """``needs`` are the packages of each baseline for the ``task`` (kinds, groups).

    Raises:
        DataError: ``unknown_baseline``, or ``baseline_missing`` where a package is not installed.
    """
    for name in names:
        if name not in needs:
            raise DataError(
                "unknown_baseline",
                f"There is no baseline {name!r} for {task}; choose of {', '.join(needs)}.",
            )
        missing = [package for package in needs[name] if importlib.util.find_spec(package) is None]
        if missing:
            raise DataError(
                "baseline_missing",
                f"The baseline {name} needs {' and '.join(missing)}, not installed here; "
                "docs/evaluation.md says how to add it.",
            )
