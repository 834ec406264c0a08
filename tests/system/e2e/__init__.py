"""The built program against any cluster: real processes, a real kubectl, real signals, and nothing hurt."""
