"""All connections that are put off; see tcp_deferred."""

from collections.abc import Callable

from kubectl_netshoot.explain.context import Context
from kubectl_netshoot.explain.tcp_deferred import DECIDING, Deferred, Way
from kubectl_netshoot.explain.tcp_key import ends, hops_left, turned
from kubectl_netshoot.explain.tcp_segment import SYN
from kubectl_netshoot.explain.traceroutes import LOW


class Deferring:
    """They are found by the keys of their segments, as in TcpTable."""

    def __init__(self, context: Context, understand: Callable[[Deferred], object]) -> None:
        """`understand` goes through a connection that is unusual after all."""
        self._context = context
        self._register = context.register
        self._understand = understand
        self._ways: dict[bytes, Way] = {}

    def take(  # noqa: PLR0913, PLR0917 see TcpTable.segment
        self,
        packet: int,
        ns: int,
        key: bytes,
        wire: int,
        seq: int,
        ack: int,
        offset: int,
        flags: int,
        window: int,
        data: bytes,
        begin: int,
        stop: int,
        end: int,
    ) -> bool:
        """Take a segment; False when it has to be looked at, with all that its connection had before."""
        way = self._ways.get(key)
        if way is None:
            if not self._begins(key, flags, data, begin):
                return False
            way = self._open(key, packet, ns)
        if not way.take(packet, ns, wire, seq, ack, offset, flags, window, data, begin, stop, end):
            self._understand(way.talk)
            return False
        if way.fin and way.closes:
            way.close()
            self._register.over(way.talk)
        return True

    def about(self, key: bytes) -> Deferred | None:
        """The connection that a segment with this key belongs to."""
        way = self._ways.get(key)
        return way.talk if way else None

    def drop(self, talk: Deferred) -> None:
        """No longer find it."""
        for key in talk.keys:
            # Each refers to the other.
            del self._ways.pop(key).peer

    def _begins(self, key: bytes, flags: int, data: bytes, begin: int) -> bool:
        """Whether it is a SYN of which nothing is to be known but what it says."""
        if flags & DECIDING != SYN:
            return False
        return self._context.checksums.enough and hops_left(key, data, begin) >= LOW

    def _open(self, key: bytes, packet: int, ns: int) -> Way:
        register = self._register
        keys = key, turned(key)
        talk = Deferred(register.next_number(), ends(key), keys, packet, ns, register.allowance)
        register.admit(talk)
        here, there = Way(talk, to_server=True), Way(talk, to_server=False)
        here.peer, there.peer = there, here
        self._ways[keys[0]], self._ways[keys[1]] = here, there
        return here
