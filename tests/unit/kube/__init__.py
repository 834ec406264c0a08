"""The API, kubeconfig and kubectl, against real sockets and files."""
