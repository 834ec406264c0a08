"""What is said of each step and each finding, in English; a translation stands beside it in the catalogue."""

from kubectl_netshoot.packets.finding_ids import FindingId
from kubectl_netshoot.packets.step_ids import StepId
from kubectl_netshoot.packets.words.capture_findings import FINDINGS as ABOUT_CAPTURE
from kubectl_netshoot.packets.words.connection_findings import FINDINGS as CONNECTIONS
from kubectl_netshoot.packets.words.http_steps import STEPS as HTTP
from kubectl_netshoot.packets.words.network_findings import FINDINGS as NETWORKS
from kubectl_netshoot.packets.words.protocol_steps import STEPS as PROTOCOLS
from kubectl_netshoot.packets.words.request_findings import FINDINGS as REQUESTS
from kubectl_netshoot.packets.words.sentence import Advised, Told
from kubectl_netshoot.packets.words.service_steps import FINDINGS as SERVICE_FINDINGS
from kubectl_netshoot.packets.words.service_steps import STEPS as SERVICES
from kubectl_netshoot.packets.words.tcp_steps import STEPS as TCP

STEP_SENTENCES: dict[StepId, Told] = {**TCP, **HTTP, **PROTOCOLS, **SERVICES}
FINDING_SENTENCES: dict[FindingId, Advised] = {
    **CONNECTIONS,
    **REQUESTS,
    **NETWORKS,
    **SERVICE_FINDINGS,
    **ABOUT_CAPTURE,
}
