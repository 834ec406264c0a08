"""The flags that say which cluster, and the answer: values, without a credential in their repr."""

import shlex
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Connection:
    """kubectl's own connection flags, as given; empty where not."""

    kubeconfig: str = ""
    context: str = ""
    namespace: str = ""
    cluster: str = ""
    user: str = ""
    impersonate: str = ""
    impersonate_groups: tuple[str, ...] = ()
    impersonate_uid: str = ""
    server: str = ""
    token: str = field(default="", repr=False)
    certificate_authority: str = ""
    client_certificate: str = ""
    client_key: str = ""
    insecure: bool = False
    tls_server_name: str = ""
    request_timeout: str = ""

    @property
    def words(self) -> str:
        """These flags again, but for the context, the namespace, credentials and files of such."""
        given = [f"--{name} {shlex.quote(value)}" for name in REPEATED if (value := getattr(self, name))]
        groups = [f"--as-group {shlex.quote(group)}" for group in self.impersonate_groups]
        whom = [f"--as {shlex.quote(self.impersonate)}"] if self.impersonate else []
        return " ".join([*given, *whom, *groups])


REPEATED = ("kubeconfig", "cluster", "user", "server")


@dataclass(frozen=True)
class Target:
    """Where we are, for people and for messages: names only, no credential. `more` are flags that led here beside the
    context and the namespace.
    """

    context: str
    cluster: str
    user: str
    namespace: str
    server: str
    more: str = ""

    @property
    def words(self) -> str:
        """The flags that lead here again from any terminal, whatever the current context is by then."""
        return f"-n {self.namespace} {self.flags}".rstrip()

    @property
    def flags(self) -> str:
        """The same without the namespace."""
        context = f"--context {shlex.quote(self.context)}" if self.context else ""
        return f"{context} {self.more}".strip()
