"""What a connection may cost: how long its head may be, how slow it may come, how many there are.

The rules, without a socket: ``http_protocol`` holds connections against them.
"""

from __future__ import annotations

import contextlib
import ipaddress
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from app.config import Settings

BACKLOG_CONNECTIONS = 1024
"""Connections that the system may hold before we take them. They are taken all at once, each with
a file descriptor, before any of them can be turned away."""
OTHER_DESCRIPTORS = 192
"""For the database, logs, static files and the event loop."""
CONNECTIONS_LEAST = 16
CLIENT_IPV6_BITS = 64
"""One customer of a provider gets a network of this size, and so all its addresses."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Sizes in bytes, times in seconds. ``per_address`` is 0 where an address may have any
    number; ``proxies`` may in any case."""

    head_bytes: int = 65_536
    head_seconds: float = 10.0
    body_seconds: float = 60.0
    connections: int = 1_000
    per_address: int = 200
    proxies: tuple[Network, ...] = ()

    @classmethod
    def of(cls, settings: Settings) -> HttpLimits:
        """The limits that an operator chose."""
        return cls(
            head_bytes=settings.head_bytes,
            head_seconds=settings.head_seconds,
            body_seconds=settings.body_seconds,
            connections=settings.connections,
            per_address=settings.connections_per_address,
            proxies=tuple(
                ipaddress.ip_network(proxy, strict=False)
                for proxy in settings.trusted_proxies.split(",")
                if proxy
            ),
        )

    @property
    def look_seconds(self) -> float:
        """How often a connection is held against its deadlines."""
        return min(1.0, self.head_seconds / 4, self.body_seconds / 4)


class Visitor(Protocol):
    """A connection, as far as its place is concerned."""

    @property
    def is_waiting(self) -> bool:
        """Whether no whole request of it is under way, so that it can go without loss."""

    def make_room(self) -> None:
        """Go at once."""


@dataclass(slots=True)
class Places:
    """Who is connected, in the order they came. ``most`` counts all together."""

    limits: HttpLimits
    most: int
    _visitors: dict[Visitor, str] = field(default_factory=dict)
    _of_address: Counter[str] = field(default_factory=Counter)

    def enter(self, visitor: Visitor, host: str | None) -> bool:
        """Whether there is a place for this connection. Where all are taken, the one that waits
        for longest makes room: slow strangers cannot keep everybody else out."""
        address = client_key(host, self.limits.proxies) if self.limits.per_address else ""
        if address and self._of_address[address] >= self.limits.per_address:
            return False
        if len(self._visitors) >= self.most and not self._send_away_one():
            return False
        self._visitors[visitor] = address
        if address:
            self._of_address[address] += 1
        return True

    def rest(self, visitor: Visitor) -> None:
        """Its request is done: of those that wait it is now the newest."""
        address = self._visitors.pop(visitor, None)
        if address is not None:
            self._visitors[visitor] = address

    def leave(self, visitor: Visitor) -> None:
        """Give the place back; nothing happens where it has none."""
        address = self._visitors.pop(visitor, "")
        if address:
            self._of_address[address] -= 1
            if not self._of_address[address]:
                del self._of_address[address]

    def _send_away_one(self) -> bool:
        oldest = next((visitor for visitor in self._visitors if visitor.is_waiting), None)
        if oldest is None:
            return False
        self.leave(oldest)
        oldest.make_room()
        return True


def client_key(host: str | None, proxies: Sequence[Network]) -> str:
    """What connections are counted by: an address, or the network of one for IPv6; empty for a
    proxy, behind which are many, and for a local socket."""
    try:
        address = ipaddress.ip_address((host or "").partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if any(address in proxy for proxy in proxies):
        return ""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(ipaddress.ip_network((address, CLIENT_IPV6_BITS), strict=False))


def connections_most(connections: int) -> int:
    """How many connections this process can hold: as many as wanted, or as its file descriptors
    allow after their limit was raised as far as it goes."""
    if sys.platform == "win32":
        return connections
    import resource

    needed = connections + BACKLOG_CONNECTIONS + OTHER_DESCRIPTORS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        raised = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return connections
    return max(CONNECTIONS_LEAST, min(connections, (soft - OTHER_DESCRIPTORS) // 2))


def backlog(most: int) -> int:
    """How many connections may stand before the door, so that those inside and they have file
    descriptors."""
    return min(BACKLOG_CONNECTIONS, max(most, CONNECTIONS_LEAST))
