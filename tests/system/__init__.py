"""What runs a cluster, the built zipapp, or the program as a whole."""
