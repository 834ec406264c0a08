"""NO_PROXY as Go reads it (golang.org/x/net/http/httpproxy): addresses, networks, domains, each with a port or not."""

import ipaddress
import re

from kubectl_netshoot.urls import ascii_name

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NETWORK = re.compile(r"([0-9A-Fa-f:.]+)/([0-9]{1,5})")
_PLACE = re.compile(r"(?:\[([^\[\]]*)\]|([^:\[\]]*)):([^:\[\]]*)")


def is_exempt(host: str, port: int, no_proxy: str) -> bool:
    """Whether a proxy of the environment is left out for this host, which is in ASCII and without brackets."""
    address = _address(host)
    if host == "localhost" or (address and address.is_loopback):
        return True
    name = host.strip().lower()
    return any(_matches(entry.strip().lower(), name, address, port) for entry in no_proxy.split(","))


def _matches(entry: str, name: str, address: Address | None, port: int) -> bool:
    if entry == "*":
        return True
    if network := _network(entry):
        return address is not None and address in network
    wanted, wanted_port = _place(entry)
    if not wanted or wanted_port not in ("", str(port)):
        return False
    if "%" not in wanted and (other := _address(wanted)):
        return other == address
    return address is None and _is_below(name, wanted)


def _is_below(name: str, domain: str) -> bool:
    """`example.com` is itself and all below it, `.example.com` and `*.example.com` only what is below it."""
    domain = ascii_name(domain.removeprefix("*") if domain.startswith("*.") else domain)
    if domain.startswith("."):
        return name.endswith(domain)
    return name == domain or name.endswith(f".{domain}")


def _place(entry: str) -> tuple[str, str]:
    match = _PLACE.fullmatch(entry)
    return (match[1] or match[2] or "", match[3]) if match else (entry, "")


def _address(text: str) -> Address | None:
    """An IP address, without its zone; IPv4 in IPv6's clothes is IPv4."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _network(entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    match = _NETWORK.fullmatch(entry)
    if not match:
        return None
    try:
        network = ipaddress.ip_network((match[1], int(match[2])), strict=False)
    except ValueError:
        return None
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    return ipaddress.ip_network((mapped, max(0, network.prefixlen - 96)), strict=False) if mapped else network
