"""The kubectl preferences of a person who has chosen other defaults than kubectl's, each harmful to a session."""

from pathlib import Path

TEXT = """\
apiVersion: kubectl.config.k8s.io/v1beta1
kind: Preference
defaults:
- command: debug
  options:
  - {name: replace, default: "true"}
  - {name: keep-labels, default: "true"}
  - {name: keep-liveness, default: "true"}
  - {name: keep-init-containers, default: "false"}
  - {name: arguments-only, default: "true"}
  - {name: set-image, default: "*=busybox:0"}
- command: exec
  options:
  - {name: tty, default: "true"}
  - {name: stdin, default: "true"}
  - {name: quiet, default: "true"}
- command: config view
  options:
  - {name: output, default: yaml}
  - {name: minify, default: "true"}
- command: version
  options:
  - {name: output, default: yaml}
aliases:
- {name: attach, command: delete pod, prependArgs: [--all]}
"""
#: Where kubectl looks for it, in HOME.
PLACE = ".kube/kuberc"


def put(home: Path) -> Path:
    """Into that home; the file."""
    path = home / PLACE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(TEXT)
    return path
