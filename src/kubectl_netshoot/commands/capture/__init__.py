"""tcpdump in a pod or a copy, over kubectl exec, into a file, a pipe or Wireshark: bounded, with every loss told."""
