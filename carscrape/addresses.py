"""Which IP addresses are on the public internet, and which of the others a setting may open."""

import ipaddress

from scrapy.settings import BaseSettings

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# is_global is true for these, though each leads, or may lead, to an address inside.
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("192.0.0.0/24", "168.63.129.16/32"),  # what clouds serve to their own machines
        *("192.88.99.0/24", "2001::/32", "2002::/16", "64:ff9b::/96", "64:ff9b:1::/48"),  # tunnels
        *("::/96", "fec0::/10", "3fff::/20"),  # withdrawn forms, documentation
    )
)
_INTRANETS = tuple(
    ipaddress.ip_network(network)
    for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
# Where clouds keep a machine's credentials, though it lies in a network that may be opened.
_CREDENTIALS = frozenset({"100.100.100.200", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254"})


def is_public(address: str) -> bool:
    """Say whether an IP address is on the public internet, in every disguise it may wear."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        return is_public(str(ip.ipv4_mapped))
    if any(ip in network for network in _NOT_PUBLIC):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def is_in(address: str, networks: tuple[Network, ...]) -> bool:
    """Say whether an IP address is in one of these networks and no cloud's credentials are."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    return str(ip) not in _CREDENTIALS and any(ip in network for network in networks)


def private_networks(settings: BaseSettings) -> tuple[Network, ...]:
    """The networks that ALLOW_PRIVATE_NETWORKS opens.

    Raises:
        ValueError: one of them is no network, or not one of an intranet; the text is for people.
    """
    networks = []
    for given in settings.getlist("ALLOW_PRIVATE_NETWORKS"):
        try:
            network = ipaddress.ip_network(str(given).strip())
        except ValueError:
            network = None
        if network is None or not any(_holds(intranet, network) for intranet in _INTRANETS):
            within = ", ".join(map(str, _INTRANETS))
            raise ValueError(
                f"expected networks within {within}, such as 10.1.0.0/16, got {given!r}"
            )
        networks.append(network)
    return tuple(networks)


def _holds(outer: Network, inner: Network) -> bool:
    # Twice, since subnet_of compares networks of one version only.
    if isinstance(outer, ipaddress.IPv4Network) and isinstance(inner, ipaddress.IPv4Network):
        return inner.subnet_of(outer)
    if isinstance(outer, ipaddress.IPv6Network) and isinstance(inner, ipaddress.IPv6Network):
        return inner.subnet_of(outer)
    return False
