"""From what is known of the cluster and what the tools said to checks, a module a topic. Pure."""
