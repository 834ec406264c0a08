"""What builds, shows and measures kubectl-netshoot; nothing here is shipped."""
