"""Who may talk to the API: bearer tokens, impersonation, and a 401 for everybody else."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from multidict import CIMultiDictProxy

from fakecluster.statuses import ApiError

MASTERS = "system:masters"
AUTHENTICATED = "system:authenticated"


@dataclass(frozen=True)
class User:
    """An authenticated user."""

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: Mapping[str, list[str]] = field(default_factory=dict, hash=False)

    @property
    def is_master(self) -> bool:
        return MASTERS in self.groups


class Users:
    """Tokens and the users they authenticate."""

    def __init__(self) -> None:
        self.by_token: dict[str, User] = {}

    def add(self, name: str, groups: tuple[str, ...] = (), token: str = "") -> str:
        """The token of the new user; a made-up one unless given."""
        token = token or secrets.token_urlsafe(24)
        self.by_token[token] = User(name, (*groups, AUTHENTICATED))
        return token

    def remove(self, name: str) -> None:
        """All tokens of that user stop working."""
        self.by_token = {token: user for token, user in self.by_token.items() if user.name != name}

    def authenticate(self, headers: CIMultiDictProxy[str]) -> User:
        """Raises ApiError 401."""
        user = self._owner(headers)
        if user is None:
            raise ApiError.unauthorized()
        return user

    def name_of(self, headers: CIMultiDictProxy[str]) -> str:
        """Whose token it is; empty when it is nobody's."""
        user = self._owner(headers)
        return user.name if user else ""

    def _owner(self, headers: CIMultiDictProxy[str]) -> User | None:
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        return self.by_token.get(token.strip()) if scheme.lower() == "bearer" else None


def impersonated(headers: CIMultiDictProxy[str]) -> User | None:
    """The user whom the Impersonate-* headers ask for, if any. Raises ApiError 400, 500."""
    name = headers.get("Impersonate-User", "")
    groups = tuple(headers.getall("Impersonate-Group", []))
    uid = headers.get("Impersonate-Uid", "")
    if not name:
        if groups or uid:
            raise ApiError.internal("requested impersonation without impersonating a user")
        return None
    prefix = "impersonate-extra-"
    extra = {
        key.lower()[len(prefix) :]: headers.getall(key) for key in headers if key.lower().startswith(prefix)
    }
    return User(name, tuple(dict.fromkeys((*groups, AUTHENTICATED))), uid, extra)
