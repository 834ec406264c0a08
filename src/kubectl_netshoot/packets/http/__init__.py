"""HTTP/1, HTTP/2 and gRPC in TCP connections."""
