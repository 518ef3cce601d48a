"""How people name a ticket that is there already: what they enter is a key or an address."""

from __future__ import annotations

from urllib.parse import urlsplit

from integrations.tracker_contract import TrackerError


def unnamed(examples: str) -> TrackerError:
    """What was entered names no ticket of this tracker; ``examples`` do."""
    return TrackerError(
        "ticket_unnamed", f"This names no ticket of this tracker: enter {examples}.", permanent=True
    )


def require_host(address: str, host: str) -> None:
    """Nothing where an address leads to this host. Raises TrackerError ``ticket_unnamed``."""
    try:
        parts = urlsplit(address.strip())
        named_host = (parts.hostname or "").lower()
    except ValueError:
        named_host = ""
    if named_host.removeprefix("www.") != host.lower().removeprefix("www."):
        raise TrackerError(
            "ticket_unnamed",
            f"This address is not on {host}, where this tracker's tickets are. Choose the tracker "
            "that it belongs to.",
            permanent=True,
        )
