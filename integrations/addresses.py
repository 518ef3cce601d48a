"""Which network addresses the service may call: what guards our network from a pasted URL."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable, Sequence

from integrations.contract import IntegrationError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], Sequence[str]]

_ALWAYS_REFUSED = frozenset(
    ipaddress.ip_address(address)
    for address in (
        "168.63.129.16",  # Azure's platform address: globally routed on paper, metadata in practice
        "100.100.100.200",  # Alibaba Cloud metadata
        "192.0.0.192",  # Oracle Cloud metadata
        "fd00:ec2::254",  # AWS metadata over IPv6
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052
_NAT64_LOCAL = ipaddress.ip_network("64:ff9b:1::/48")  # RFC 8215
_V4_COMPATIBLE = ipaddress.ip_network("::/96")  # RFC 4291, deprecated
_SITE_LOCAL = ipaddress.ip_network("fec0::/10")  # RFC 3879, deprecated
_METADATA_NAMES = frozenset(
    {"metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2"}
)
# Names that no public service has: RFC 6761, 6762, 8375, the name kept for private use by ICANN,
# and those that the root never gives away because networks use them inside.
_INNER_DOMAINS = frozenset(
    "arpa corp home internal intranet lan local localdomain localhost mail private".split()
)
_SHARED = ipaddress.ip_network("100.64.0.0/10")  # RFC 6598, carrier-grade NAT


def _embedded(address: ipaddress.IPv6Address) -> Iterable[ipaddress.IPv4Address]:
    """The IPv4 addresses that a network may reach through an IPv6 address."""
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if address in _NAT64 or (address in _V4_COMPATIBLE and int(address) > 1):
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


def refusal(address: Address, *, allow_private: bool) -> str | None:
    """Why an address must not be called, or None where it may.

    ``allow_private`` opens loopback and private networks, never link-local and cloud metadata
    addresses.
    """
    if isinstance(address, ipaddress.IPv6Address):
        for inner in _embedded(address):
            if reason := refusal(inner, allow_private=allow_private):
                return reason
        if address.ipv4_mapped is not None:
            return None
    if address in _ALWAYS_REFUSED or address.is_link_local:
        return "a link-local or cloud metadata address"
    if (
        address.is_multicast
        or address.is_unspecified
        or address == ipaddress.ip_address("255.255.255.255")
    ):
        return "not the address of one machine"
    private = address.is_loopback or not address.is_global or _in_private_v6(address)
    if private and not allow_private:
        return "a loopback or private address"
    return None


def _in_private_v6(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv4Address):
        return address in _SHARED
    return address in _SITE_LOCAL or address in _NAT64_LOCAL


def system_resolver(host: str, port: int) -> list[str]:
    """The addresses of a host by the operating system. Blocks. Raises ``socket.gaierror``."""
    entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in entries))


def checked_addresses(
    host: str, port: int, *, allow_private: bool, resolve: Resolver = system_resolver
) -> list[str]:
    """Resolve once and return the addresses to connect to.

    Every address of the name has to be allowed: a name that also points inside is not a public
    service. Raises IntegrationError ``address_refused``; ``socket.gaierror`` where the name does
    not exist.
    """
    addresses = resolve(host, port)
    for text in addresses:
        address = ipaddress.ip_address(text.partition("%")[0])
        if reason := refusal(address, allow_private=allow_private):
            raise _refused(host, reason)
    return list(addresses)


def _refused(host: str, reason: str) -> IntegrationError:
    return IntegrationError(
        "address_refused",
        f"The address of {host} is {reason}, so it was not called. "
        "If this server is yours, allow private addresses in the settings of the service.",
    )


def check_behind_proxy(
    host: str, port: int, *, allow_private: bool, resolve: Resolver = system_resolver
) -> None:
    """What is looked at before a proxy is asked to call a host, which it resolves anew by itself.

    An address, however it is spelled, and a name that is known here are checked as without a proxy.
    A name that is not known here is the proxy's to resolve, unless it is one that only machines
    inside a network have. Raises IntegrationError ``address_refused``.
    """
    name = host.lower().rstrip(".")
    if name in _METADATA_NAMES or name.endswith(".metadata.google.internal"):
        raise _refused(host, "a link-local or cloud metadata address")
    try:
        checked_addresses(host, port, allow_private=allow_private, resolve=resolve)
    except (socket.gaierror, UnicodeError):
        labels = name.split(".")
        if not allow_private and (len(labels) == 1 or labels[-1] in _INNER_DOMAINS):
            raise _refused(host, "a loopback or private address") from None
