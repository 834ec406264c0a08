"""`why`: why can a client not reach a server? What is read, tried and captured, and the one verdict it comes to."""
