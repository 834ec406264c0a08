"""A shell or COMMAND in the running pod itself, in a container that is added to it."""
