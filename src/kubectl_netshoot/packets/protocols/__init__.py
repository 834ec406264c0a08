"""What databases, brokers, mail servers, directories and proxies say first, and what they refuse."""
