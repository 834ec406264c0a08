"""The API server's refusals: an error that carries the metav1.Status a client gets to see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fakecluster.kinds import Kind, Object


@dataclass(frozen=True)
class Cause:
    """One field that is wrong; `reason` is a metav1.CauseType."""

    field: str
    message: str
    reason: str = "FieldValueInvalid"

    @classmethod
    def required(cls, field: str, hint: str = "") -> Cause:
        return cls(field, f"Required value: {hint}" if hint else "Required value", "FieldValueRequired")

    @classmethod
    def forbidden(cls, field: str, why: str) -> Cause:
        return cls(field, f"Forbidden: {why}", "FieldValueForbidden")

    @classmethod
    def invalid(cls, field: str, value: object, why: str) -> Cause:
        shown = f'"{value}"' if isinstance(value, str) else str(value)
        return cls(field, f"Invalid value: {shown}: {why}")

    @classmethod
    def duplicate(cls, field: str, value: str) -> Cause:
        return cls(field, f'Duplicate value: "{value}"', "FieldValueDuplicate")

    @classmethod
    def not_found(cls, field: str, value: str) -> Cause:
        return cls(field, f'Not found: "{value}"', "FieldValueNotFound")

    @classmethod
    def unsupported(cls, field: str, value: str, supported: Sequence[str]) -> Cause:
        allowed = ", ".join(f'"{s}"' for s in supported)
        return cls(
            field, f'Unsupported value: "{value}": supported values: {allowed}', "FieldValueNotSupported"
        )


class ApiError(Exception):
    """A refusal. `retry_after` (seconds) becomes a Retry-After header."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        details: Object | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
        self.retry_after = retry_after

    def status(self) -> Object:
        """The metav1.Status body, with its keys in the server's order."""
        body: Object = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            body["reason"] = self.reason
        if self.details is not None:
            body["details"] = self.details
        return {**body, "code": self.code}

    @classmethod
    def bad_request(cls, message: str) -> ApiError:
        return cls(400, "BadRequest", message)

    @classmethod
    def unauthorized(cls) -> ApiError:
        return cls(401, "Unauthorized", "Unauthorized")

    @classmethod
    def forbidden(cls, kind: Kind, name: str, why: str) -> ApiError:
        subject = f'{kind.qualified} "{name}"' if name else kind.qualified
        return cls(403, "Forbidden", f"{subject} is forbidden: {why}", details_of(kind, name))

    @classmethod
    def not_found(cls, kind: Kind, name: str) -> ApiError:
        return cls(404, "NotFound", f'{kind.qualified} "{name}" not found', details_of(kind, name))

    @classmethod
    def no_such_path(cls) -> ApiError:
        return cls(404, "NotFound", "the server could not find the requested resource", {})

    @classmethod
    def method_not_allowed(cls) -> ApiError:
        return cls(
            405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {}
        )

    @classmethod
    def already_exists(cls, kind: Kind, name: str) -> ApiError:
        return cls(409, "AlreadyExists", f'{kind.qualified} "{name}" already exists', details_of(kind, name))

    @classmethod
    def conflict(cls, kind: Kind, name: str) -> ApiError:
        why = "the object has been modified; please apply your changes to the latest version and try again"
        message = f'Operation cannot be fulfilled on {kind.qualified} "{name}": {why}'
        return cls(409, "Conflict", message, details_of(kind, name))

    @classmethod
    def precondition(cls, kind: Kind, name: str, field: str, wanted: str, found: str) -> ApiError:
        """A delete whose precondition (`UID` or `ResourceVersion`) does not hold."""
        why = (
            f"the {field} in the precondition ({wanted}) does not match the {field} in record ({found}). "
            "The object might have been " + ("deleted and then recreated" if field == "UID" else "modified")
        )
        message = f'Operation cannot be fulfilled on {kind.kind} "{name}": {why}'
        return cls(409, "Conflict", message, {"name": name, "kind": kind.kind})

    @classmethod
    def expired(cls, wanted: int, oldest: int) -> ApiError:
        return cls(410, "Expired", f"too old resource version: {wanted} ({oldest})")

    @classmethod
    def unsupported_media_type(cls, supported: str) -> ApiError:
        message = (
            f"the body of the request was in an unknown format - accepted media types include: {supported}"
        )
        return cls(415, "UnsupportedMediaType", message)

    @classmethod
    def rejected_patch(cls) -> ApiError:
        """A JSON patch that does not apply, a failed `test` among them: the real server says no more."""
        message = "the server rejected our request due to an error in our request"
        return cls(422, "Invalid", message, {})

    @classmethod
    def invalid(cls, kind: Kind, name: str, causes: Sequence[Cause]) -> ApiError:
        said = [f"{cause.field}: {cause.message}" for cause in dict.fromkeys(causes)]
        listed = said[0] if len(said) == 1 else f"[{', '.join(said)}]"
        details: Object = {"name": name} if name else {}
        if kind.group:
            details["group"] = kind.group
        details["kind"] = kind.kind
        details["causes"] = [{"reason": c.reason, "message": c.message, "field": c.field} for c in causes]
        shown = f"{kind.kind}.{kind.group}" if kind.group else kind.kind
        return cls(422, "Invalid", f'{shown} "{name}" is invalid: {listed}', details)

    @classmethod
    def too_many_requests(cls, message: str, retry_after: int, details: Object | None = None) -> ApiError:
        return cls(429, "TooManyRequests", message, details, retry_after)

    @classmethod
    def internal(cls, message: str) -> ApiError:
        return cls(500, "InternalError", message)


def details_of(kind: Kind, name: str) -> Object:
    details: Object = {"name": name} if name else {}
    if kind.group:
        details["group"] = kind.group
    details["kind"] = kind.plural
    return details
