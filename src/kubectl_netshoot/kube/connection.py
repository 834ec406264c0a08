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


@dataclass(frozen=True)
class Target:
    """Where we are, for people and for messages: names only, no credential."""

    context: str
    cluster: str
    user: str
    namespace: str
    server: str

    @property
    def words(self) -> str:
        """The flags that lead here again from any terminal, whatever the current context is by then."""
        context = f" --context {shlex.quote(self.context)}" if self.context else ""
        return f"-n {self.namespace}{context}"
