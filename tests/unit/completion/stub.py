"""A stand-in for kubectl: tables as kubectl prints them, and a record of what it was asked."""

from pathlib import Path

TABLES = {
    "pod": """\
NAME    READY   STATUS             RESTARTS      AGE
web-1   1/1     Running            0             5m
web-2   0/1     CrashLoopBackOff   7 (2m ago)    1h
db-0    1/1     Running            0             3d""",
    "copies": """\
NAME       READY   STATUS    RESTARTS   AGE
web-copy   2/2     Running   0          1m
db-copy    2/2     Running   0          2m""",
    "namespace": """\
NAME          STATUS   AGE
shop          Active   1d
kube-system   Active   1d""",
    "svc": """\
NAME    TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE   SELECTOR
all     ClusterIP   10.0.0.2     <none>        80/TCP    1d    app=web,tier=front
db      ClusterIP   10.0.0.3     <none>        5432/TCP  1d    app=db
out     ClusterIP   10.0.0.4     <none>        80/TCP    1d    <none>
web     ClusterIP   10.0.0.1     <none>        80/TCP    1d    app=web""",
    "deploy": """\
NAME    READY   UP-TO-DATE   AVAILABLE   AGE
web     2/3     3            2           1d""",
    "cronjob": """\
NAME      SCHEDULE      TIMEZONE   SUSPEND   ACTIVE   LAST SCHEDULE   AGE
nightly   0 3 * * *     <none>     False     0        <none>          9d""",
    "node": """\
NAME       STATUS   ROLES    AGE   VERSION
worker-1   Ready    <none>   9d    v1.36.1""",
    "labels": "app=web\ntier=back\n",
    "containers": "app\nsidecar\n",
    "settable": "app=\nmesh=\n",
    "of-env": "app:\nmesh:\n",
    "variables": "app:LOG_LEVEL=\napp:LOG;$(id)=\napp:MODE=\nmesh:LOG=\n",
    "get-contexts": "here\nthere\narn:aws:eks:eu-west-1:1234:cluster/shop",
    "get-clusters": "NAME\neast",
    "get-users": "NAME\njane@example.com",
}
# What is asked comes first among the words, as our script writes it.
PROGRAM = """\
#!/bin/sh
here=$(dirname "$0")
{ printf '%s\\n' "$@"; echo --; } >> "$here/asked"
case "$*" in
"config view "*) table=view ;;
*'{{range $c.env}}'*) table=variables ;;
*'{{$c.name}}='*) table=settable ;;
*'{{$c.name}}:'*) table=of-env ;;
*'{{$c.name}}'*) table=containers ;;
*go-template=*) table=labels ;;
*--selector=*) table=copies ;;
*) table=$2 ;;
esac
[ -f "$here/tables/$table" ] || exit 1
cat "$here/tables/$table"
"""


class Stub:
    """`program` is to be run as kubectl; a test may change what it prints, by table."""

    def __init__(self, folder: Path) -> None:
        self.program = folder / "kubectl"
        self._asked = folder / "asked"
        self._tables = folder / "tables"
        self._tables.mkdir(parents=True)
        self.program.write_text(PROGRAM)
        self.program.chmod(0o755)
        for name, text in TABLES.items():
            self.prints(name, text)

    def prints(self, table: str, text: str | bytes) -> None:
        content = text.encode() if isinstance(text, str) else text
        (self._tables / table).write_bytes(content)

    @property
    def asked(self) -> list[list[str]]:
        """The words of every run, in any order: two can run at once."""
        runs = self._asked.read_text().split("--\n") if self._asked.exists() else []
        return [run.splitlines() for run in runs if run]
