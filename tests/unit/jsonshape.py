"""The shape of a JSON value, for tests that freeze the keys of what scripts read."""

from typing import Any


def shape(value: Any) -> Any:
    """Types in the place of values; of an array its first member's."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value)
