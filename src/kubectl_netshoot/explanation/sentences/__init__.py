"""What is said of each step and each finding, in English; a translation stands beside it in the catalogue."""

from kubectl_netshoot.explain.finding_ids import FindingId
from kubectl_netshoot.explain.step_ids import StepId
from kubectl_netshoot.explanation.sentence import Advised, Told
from kubectl_netshoot.explanation.sentences.about_capture import FINDINGS as ABOUT_CAPTURE
from kubectl_netshoot.explanation.sentences.connections import FINDINGS as CONNECTIONS
from kubectl_netshoot.explanation.sentences.http import STEPS as HTTP
from kubectl_netshoot.explanation.sentences.networks import FINDINGS as NETWORKS
from kubectl_netshoot.explanation.sentences.protocols import STEPS as PROTOCOLS
from kubectl_netshoot.explanation.sentences.requests import FINDINGS as REQUESTS
from kubectl_netshoot.explanation.sentences.services import FINDINGS as SERVICE_FINDINGS
from kubectl_netshoot.explanation.sentences.services import STEPS as SERVICES
from kubectl_netshoot.explanation.sentences.tcp import STEPS as TCP

STEP_SENTENCES: dict[StepId, Told] = {**TCP, **HTTP, **PROTOCOLS, **SERVICES}
FINDING_SENTENCES: dict[FindingId, Advised] = {
    **CONNECTIONS,
    **REQUESTS,
    **NETWORKS,
    **SERVICE_FINDINGS,
    **ABOUT_CAPTURE,
}
