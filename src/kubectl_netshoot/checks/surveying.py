"""What the cluster says of the pod's Services, read before anything is changed and again when the tools are there."""

from dataclasses import dataclass, replace

from kubectl_netshoot.cluster import Reads, declared_ports, review, services_named, services_of
from kubectl_netshoot.config import Target
from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.model import Pod
from kubectl_netshoot.session.choosing import Chosen
from kubectl_netshoot.session.rights import Wanted, demand
from kubectl_netshoot.target_rights import merged, of_target

from .request import CheckRequest
from .rights import FLAG, rights_of_check
from .scene import Scene


@dataclass(frozen=True)
class Survey:
    """Of one chosen pod."""

    request: CheckRequest
    chosen: Chosen
    reads: Reads

    def scene(self, place: Pod) -> Scene:
        """Everything as it is now; `place` is the pod that the tools run in. Raises NetshootError, ApiError."""
        names, fetch = self.request.services, self.reads.fetch
        found = services_named(fetch, names) if names else services_of(fetch, self.chosen.pod.labels)
        return Scene(
            pod=self.chosen.pod,
            place=place,
            services=found,
            declared=declared_ports(self.chosen.sent),
            topics=self.request.topics,
            to=self.request.to,
            path=self.request.path,
        )

    def scene_or(self, place: Pod, before: Scene) -> Scene:
        """The same; where it cannot be read now, what was there before has to do."""
        try:
            return self.scene(place)
        except ApiError:
            return replace(before, place=place)


def wanted(request: CheckRequest) -> Wanted:
    """The rights that a check uses, from the choice of its pod on."""
    return Wanted(merged(rights_of_check(request.live), of_target(request.session.target)), FLAG)


def first_look(survey: Survey, place: Target) -> Scene:
    """Before anything is changed. Raises NetshootError with all missing rights where a read is refused."""
    pod, rights = survey.chosen.pod, wanted(survey.request)
    try:
        return survey.scene(pod)
    except ApiError as error:
        if error.code == 403:
            demand(review(survey.reads.fetch, rights.rights, pod.name), rights, place, error.message)
        raise
