"""Validation as the server's strategies do it: names, labels, required fields, what an update may change."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fakecluster import kinds, podvalidation
from fakecluster.kinds import Kind, Object
from fakecluster.statuses import ApiError, Cause

_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LABEL_NAME = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_SUBDOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_LABEL_RULE = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
    "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
_VALUE_RULE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation "
    "is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
_NAME_RULE = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
#: Their names are DNS labels of at most 63 characters.
_LABEL_NAMED = ("Namespace", "Service")
_FREELY_NAMED = ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
_MUST_HAVE_SPEC = ("Pod", "Service", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob")
_IMMUTABLE_SELECTOR = ("Deployment", "ReplicaSet", "DaemonSet", "Job")
_MIRROR = "kubernetes.io/config.mirror"
_ANNOTATIONS_LIMIT = 256 * 1024


def check_metadata(kind: Kind, obj: Object) -> None:
    """Name, labels and annotations. Raises ApiError 422."""
    metadata = obj["metadata"]
    causes = list(_name_causes(kind, metadata["name"]))
    causes += _label_causes(metadata.get("labels") or {})
    causes += _annotation_causes(metadata.get("annotations") or {})
    if causes:
        raise ApiError.invalid(kind, metadata["name"], causes)


def check_required(kind: Kind, obj: Object) -> None:
    """Fields without which not even defaults can be set. Raises ApiError 422."""
    if kind.kind in _MUST_HAVE_SPEC and not isinstance(obj.get("spec"), dict):
        raise ApiError.invalid(kind, obj["metadata"]["name"], [Cause.required("spec")])
    causes = list(podvalidation.required(obj["spec"], "spec")) if kind is kinds.PODS else []
    if causes:
        raise ApiError.invalid(kind, obj["metadata"]["name"], causes)


def check_create(kind: Kind, obj: Object) -> None:
    """The completed new object. Raises ApiError 422."""
    causes: list[Cause] = []
    if kind is kinds.PODS:
        causes += podvalidation.spec_causes(obj["spec"], "spec")
    if kind.group in ("apps", "batch") and "template" in obj.get("spec", {}):
        causes += _template_causes(kind, obj)
    if kind is kinds.SERVICES:
        causes += _service_causes(obj["spec"])
    if causes:
        raise ApiError.invalid(kind, obj["metadata"]["name"], causes)


def check_update(kind: Kind, new: Object, old: Object) -> None:
    """What a client may not change. Raises ApiError 422."""
    check_metadata(kind, new)
    metadata, before = new["metadata"], old["metadata"]
    if metadata.get("uid", before["uid"]) != before["uid"]:
        why = f"the UID in the precondition ({metadata['uid']}) does not match the UID in record ({before['uid']})"
        raise ApiError(
            409, "Conflict", f'Operation cannot be fulfilled on {kind.qualified} "{before["name"]}": {why}'
        )
    causes: list[Cause] = []
    if kind is kinds.PODS:
        causes += podvalidation.update_causes(new["spec"], old["spec"])
    if kind.kind in _IMMUTABLE_SELECTOR and new["spec"].get("selector") != old["spec"].get("selector"):
        causes.append(Cause.invalid("spec.selector", new["spec"].get("selector"), "field is immutable"))
    if causes:
        raise ApiError.invalid(kind, before["name"], causes)


def check_ephemeral(pod: Object, wanted: list[Object]) -> None:
    """Ephemeral containers may be added, never changed or removed, and to no static pod. Raises ApiError 422."""
    there = pod["spec"].get("ephemeralContainers") or []
    causes = []
    if _MIRROR in (pod["metadata"].get("annotations") or {}):
        causes.append(Cause.forbidden("", "static pods do not support ephemeral containers"))
    if wanted[: len(there)] != there:
        causes.append(
            Cause.forbidden(
                "spec.ephemeralContainers", "existing ephemeral containers may not be changed or removed"
            )
        )
    others = {c["name"] for field in ("containers", "initContainers") for c in pod["spec"].get(field) or ()}
    names = set(others)
    for index, container in enumerate(wanted):
        field, target = f"spec.ephemeralContainers[{index}]", container.get("targetContainerName")
        if container["name"] in names:
            causes.append(Cause.duplicate(f"{field}.name", container["name"]))
        if target and target not in others:
            causes.append(Cause.not_found(f"{field}.targetContainerName", target))
        names.add(container["name"])
    if causes:
        raise ApiError.invalid(kinds.PODS, pod["metadata"]["name"], causes)


def _name_causes(kind: Kind, name: str) -> Iterator[Cause]:
    field = "metadata.name"
    if not name:
        yield Cause.required(field, "name or generateName is required")
        return
    if kind.kind in _FREELY_NAMED:
        return
    is_label = kind.kind in _LABEL_NAMED
    pattern, rule, limit = (_LABEL, _LABEL_RULE, 63) if is_label else (_SUBDOMAIN, _SUBDOMAIN_RULE, 253)
    if len(name) > limit:
        yield Cause.invalid(field, name, f"must be no more than {limit} characters")
    if not pattern.fullmatch(name):
        yield Cause.invalid(field, name, rule)


def _label_causes(labels: Object) -> Iterator[Cause]:
    for key, value in labels.items():
        yield from _key_causes("metadata.labels", key)
        if not isinstance(value, str):
            raise ApiError.bad_request(
                "json: cannot unmarshal non-string into Go struct field .metadata.labels"
            )
        if len(value) > 63:
            yield Cause.invalid("metadata.labels", value, "must be no more than 63 characters")
        if not _LABEL_VALUE.fullmatch(value):
            yield Cause.invalid("metadata.labels", value, _VALUE_RULE)


def _annotation_causes(annotations: Object) -> Iterator[Cause]:
    for key in annotations:
        yield from _key_causes("metadata.annotations", key.lower())
    size = sum(len(key.encode()) + len(str(value).encode()) for key, value in annotations.items())
    if size > _ANNOTATIONS_LIMIT:
        yield Cause(
            "metadata.annotations",
            f"Too long: may not be more than {_ANNOTATIONS_LIMIT} bytes",
            "FieldValueTooLong",
        )


def _key_causes(field: str, key: str) -> Iterator[Cause]:
    prefix, slash, name = key.rpartition("/")
    if slash and not (prefix and _SUBDOMAIN.fullmatch(prefix)):
        yield Cause.invalid(field, key, f"prefix part {_SUBDOMAIN_RULE}")
    if not name:
        yield Cause.invalid(field, key, "name part must be non-empty")
    elif len(name) > 63:
        yield Cause.invalid(field, key, "name part must be no more than 63 characters")
    if not _LABEL_NAME.fullmatch(name):
        yield Cause.invalid(field, key, _NAME_RULE)


def _template_causes(kind: Kind, obj: Object) -> Iterator[Cause]:
    template, selector = obj["spec"]["template"], obj["spec"].get("selector")
    yield from podvalidation.required(template["spec"], "spec.template.spec")
    yield from podvalidation.spec_causes(template["spec"], "spec.template.spec")
    if kind.group != "apps":
        return
    if not selector:
        yield Cause.required("spec.selector")
        return
    labels = template["metadata"].get("labels") or {}
    wanted = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        why = "`selector` does not match template `labels`"
        yield Cause.invalid("spec.template.metadata.labels", labels, why)


def _service_causes(spec: Object) -> Iterator[Cause]:
    ports = spec.get("ports") or ()
    if not ports and spec["type"] != "ExternalName" and spec.get("clusterIP") != "None":
        yield Cause.required("spec.ports")
    for index, port in enumerate(ports):
        if len(ports) > 1 and not port.get("name"):
            yield Cause.required(f"spec.ports[{index}].name")
