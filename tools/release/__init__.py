"""What a release consists of: the archive, the krew manifest, the list of what is inside, and checksums."""
