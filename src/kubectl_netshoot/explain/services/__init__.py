"""What databases, brokers, mail servers, directories and proxies say first, and what they refuse.

`Turns` follows the connection; a reader for each protocol, loaded when the protocol is met, knows its frames and what
of them is worth a word. Nothing of a query or a message is kept, and never a password.
"""
