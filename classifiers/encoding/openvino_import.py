"""OpenVINO without the usage reports that its telemetry package sends at every import."""

from __future__ import annotations

import sys
from typing import Any


def openvino() -> Any:
    """The openvino package; where openvino-telemetry is installed as well, it is kept from
    loading."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino as package

    return package
