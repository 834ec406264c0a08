"""What a kubectl of ours sees of the user's environment: the connection, and no preference."""

import pytest

from kubectl_netshoot.process.child import for_kubectl

# One of each sort; the first half goes, the second stays.
PREFERENCES = {
    "KUBERC": "/home/ann/kuberc",
    "KUBECTL_KUBERC": "true",
    "KUBECTL_DEBUG_CUSTOM_PROFILE": "False",
    "KUBECTL_KYAML": "TRUE",
    "KUBECTL_A_GATE_OF_TOMORROW": "true",
    "KUBE_FEATURE_WatchListClient": "false",
}
CONNECTION = {
    "HTTPS_PROXY": "http://proxy:3128",
    "NO_PROXY": "10.0.0.0/8",
    "SSL_CERT_FILE": "/etc/ca.pem",
    "AWS_PROFILE": "shop",
    "KUBECACHEDIR": "/var/cache/kube",
    "KUBERNETES_MASTER": "https://east.example",
    "KUBECTL_REMOTE_COMMAND_WEBSOCKETS": "false",
    "KUBECTL_VERSION": "1.31",
    "KUBECTL": "true",
    "GODEBUG": "http2client=0",
    "EMPTY": "",
}
ODD = PREFERENCES | CONNECTION


def test_preferences_go_and_the_connection_stays() -> None:
    changes = for_kubectl(ODD)
    assert changes == {**dict.fromkeys(PREFERENCES), "KUBERC": "off"}


@pytest.mark.parametrize("kubeconfig", ["", "/run/private/config"])
def test_the_kubeconfig_is_pinned_where_there_is_one(kubeconfig: str) -> None:
    changes = for_kubectl({"KUBECONFIG": "/home/ann/.kube/config"}, kubeconfig)
    assert changes == {"KUBERC": "off", **({"KUBECONFIG": kubeconfig} if kubeconfig else {})}
