"""The command line: options into a request value, a command, its result rendered. The only error handler is here."""
