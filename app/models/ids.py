"""Ids that tell which of two rows was made first."""

from __future__ import annotations

import uuid

from uuid6 import uuid7


def ordered_id() -> uuid.UUID:
    """An id of version 7 (RFC 9562): it sorts after every one that this process made before.

    Where nothing else decides between two themes their ids do, and the same deliveries are to end
    in the same themes.
    """
    return uuid.UUID(int=uuid7().int)
