"""What a TCP segment is found by: addresses and ports as the packet has them, the source's first."""

from kubectl_netshoot.explain.talk import Place

_IPV4 = 12


def ends(key: bytes) -> tuple[Place, Place]:
    """Source and destination of a segment with this key."""
    size = (len(key) - 4) // 2
    source, target = key[:size], key[size : 2 * size]
    return (source, int.from_bytes(key[-4:-2], "big")), (target, int.from_bytes(key[-2:], "big"))


def turned(key: bytes) -> bytes:
    """The key of a segment the other way."""
    size = (len(key) - 4) // 2
    return key[size : 2 * size] + key[:size] + key[-2:] + key[-4:-2]


def hops_left(key: bytes, data: bytes, begin: int) -> int:
    """TTL or hop limit of the packet in `data` whose TCP header begins at `begin`."""
    return data[begin - (12 if len(key) == _IPV4 else 33)]
