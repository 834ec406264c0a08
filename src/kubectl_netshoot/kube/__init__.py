"""The only door to Kubernetes: kubeconfig, the API in model types, kubectl. Only this package imports the client."""
