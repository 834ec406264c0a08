"""What keeps the API server from answering, told apart: one line with the reason, and one with the next step."""

import socket
import ssl
from dataclasses import dataclass

from urllib3 import exceptions

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.kube.client import plain
from kubectl_netshoot.kube.kubeconfig import Target
from kubectl_netshoot.kube.proxies import Proxy

PROXY_LOGIN, FORBIDDEN, BROKEN = 407, 403, 500
# What goes onto a screen: the longest sentence of a server.
MAX_MESSAGE = 2000
# Where nobody may know what the server is for.
NOWHERE = Target("", "", "", "", "")


@dataclass(frozen=True)
class ApiRoute:
    """How requests get to the API server: its address, who asked for it, a proxy between, and the seconds that a
    connection and an answer may take.
    """

    server: str
    target: Target
    proxy: Proxy | None
    connect: float
    read: float

    def unreached(self, error: BaseException) -> ApiError:
        """What to raise for a request without an answer, for this error of urllib3's or the socket's."""
        if self.proxy is not None and f" {PROXY_LOGIN} " in str(error):
            return self.wants_login()
        if self.proxy is not None:
            # Whether it is the proxy's or the server's, urllib3 does not tell.
            what = f"{self.server} through the proxy {self.proxy}: {plain(error)}"
            ask, step, lasting = "is the proxy the right one?", "version", False
        else:
            what, ask, step, lasting = self._told_apart(error)
        return ApiError(
            f"cannot reach {self._who}: {what}"[:MAX_MESSAGE],
            hint=f"{ask} try: {self._kubectl(step)}",
            lasting=lasting,
        )

    def wants_login(self) -> ApiError:
        """What to raise where the proxy wants to know who we are."""
        assert self.proxy is not None
        wants = (
            "does not take the user and password it was given"
            if self.proxy.login
            else "wants a user and password"
        )
        return ApiError(
            f"the proxy {self.proxy} {wants} ({PROXY_LOGIN})",
            hint="write them into its URL: http://USER:PASSWORD@HOST:PORT",
            lasting=True,
        )

    def unreadable(self, error: BaseException) -> ApiError:
        """What to raise for an answer that is not JSON."""
        return ApiError(
            f"{self.server} does not answer like an API server: not JSON ({plain(error)})"[:MAX_MESSAGE],
            hint=f"is the address right? try: {self._kubectl('get --raw /version')}",
        )

    def refused(self, code: int, said: str, reason: str, retry_after: float) -> ApiError:
        """What to raise for a no with this status; `said` are the server's words, empty where it has none."""
        if code == FORBIDDEN:
            hint = f"try: kubectl auth can-i --list {self.target.words}"
        else:
            hint = f"try: {self._kubectl('get --raw /readyz')}" if code >= BROKEN else ""
        message = (
            said if said and code < BROKEN else f"the API server answered {code}{f': {said}' if said else ''}"
        )
        return ApiError(message, code, reason, retry_after, hint)

    def not_logged_in(self, said: str, staleness: str) -> ApiError:
        """What to raise for a 401; `said` are the server's words, `staleness` what is known of the credential."""
        words = "" if said in ("", "Unauthorized") else f": {said}"
        return ApiError(
            f"not logged in to {self._who} (401){words}{staleness}",
            401,
            "Unauthorized",
            hint=f"renew your login, then try: {self._kubectl('auth whoami')}",
        )

    @property
    def _who(self) -> str:
        return f"context {self.target.context}" if self.target.context else "the API server"

    def _kubectl(self, words: str) -> str:
        return f"kubectl {words} {self.target.flags}".rstrip()

    def _told_apart(self, error: BaseException) -> tuple[str, str, str, bool]:
        """What happened, what to ask oneself, kubectl's words that show more, and whether it stays so."""
        inner = _inner(error)
        config, version = "config view --minify", "version"
        up = "is the cluster running"
        if isinstance(inner, ssl.SSLCertVerificationError):
            reason = (inner.verify_message or plain(error)).rstrip(".")
            return (
                f"the certificate of {self.server} is not trusted: {reason}",
                "is certificate-authority that of this cluster?",
                config,
                True,
            )
        if isinstance(inner, ssl.SSLError) and "WRONG_VERSION_NUMBER" in str(inner):
            return f"{self.server} does not speak TLS", "is the address right?", config, True
        if isinstance(inner, socket.gaierror):
            return f'no host "{_host(self.server)}"', "is DNS or a VPN down, or the name wrong?", config, True
        if isinstance(inner, ConnectionRefusedError):
            return f"{self.server} refused the connection", f"{up}?", version, True
        if isinstance(error, exceptions.ReadTimeoutError):
            return f"no answer from {self.server} within {self.read:g} s", f"{up}?", version, True
        if isinstance(error, exceptions.ConnectTimeoutError) and not isinstance(
            error, exceptions.NewConnectionError
        ):
            what = f"no answer from {self.server} within {self.connect:g} s"
            return what, f"{up}, or a VPN down?", version, True
        return f"{self.server}: {plain(error)}", f"{up}?", version, False


def _inner(error: BaseException) -> BaseException:
    """What the socket or TLS said, below urllib3's wrapping."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError):
            return seen
        wrapped = next((arg for arg in reversed(seen.args) if isinstance(arg, BaseException)), None)
        seen = wrapped or seen.__cause__ or seen.__context__
    return error


def _host(server: str) -> str:
    return server.partition("://")[2].partition("/")[0].rpartition(":")[0] or server
