"""The tables of examples in docstrings, which tests hold to what the code does."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any


def rows(documented: Callable[..., Any]) -> list[list[str]]:
    """The rows of the first table in a docstring, without its heading.

    A table stands between lines of ``=``, which say where its columns begin; one with a heading has
    three such lines.
    """
    lines = (documented.__doc__ or "").splitlines()
    rulers = [number for number, line in enumerate(lines) if re.fullmatch(r"\s*=+(?:\s+=+)+", line)]
    starts = [match.start() for match in re.finditer(r"=+", lines[rulers[0]])]
    begin, end = rulers[-2:]
    return [
        [line[left:right].strip() for left, right in pairwise([*starts, None])]
        for line in lines[begin + 1 : end]
    ]
