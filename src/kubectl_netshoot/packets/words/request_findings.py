"""Findings about what is asked and answered: HTTP, gRPC, TLS, and the checks of kubelets and load balancers."""

from kubectl_netshoot.packets.finding_ids import FindingId as F
from kubectl_netshoot.packets.words.sentence import Advised, Choice, Detail, Sentence, Wording, one_or_more

_FAILURE: Wording = Choice(
    "failure",
    {
        "refused": Sentence("refused"),
        "unanswered": Sentence("no answer"),
        "reset": Sentence("reset"),
        "no-response": Sentence("no response"),
        "status": Sentence("status {status}"),
    },
    Sentence("failed"),
)
_FAILED = Detail("failure", _FAILURE)
_ON = Detail("target", Sentence("at {target}"))
_AT_LONGEST = Detail("seconds", Sentence("longest wait {seconds}"))
_FOR_NAME = Detail("server_name", Sentence("for {server_name} (SNI)"))

_STATUS = Choice(
    "target",
    {
        None: one_or_more(
            "{server} answers {client} with {status}", "{server} answers {client} {count} times with {status}"
        )
    },
    one_or_more(
        "{server} answers {client} with {status} to {method} {target}",
        "{server} answers {client} {count} times with {status}, as to {method} {target}",
    ),
)

FINDINGS: dict[F, Advised] = {
    F.PROBE_FAILING: Advised(
        Sentence("The kubelet's probe of {server} fails"),
        Sentence(
            "The pod is restarted (liveness) or taken out of its Services (readiness): `kubectl describe pod` shows "
            "which, in its events; compare the probe's port and path with what the application serves, and its "
            "timeout with the time to first byte"
        ),
        (_FAILED, _ON),
    ),
    F.CHECK_FAILING: Advised(
        Sentence("The load balancer's health check of {server} fails"),
        Sentence(
            "The load balancer will send no traffic there: compare the check's port, path and expected status with "
            "what the application serves"
        ),
        (_FAILED, _ON),
    ),
    F.KUBE_PROBE: Advised(
        Sentence(
            "One of the connections to {server} is the kubelet's probe, no client",
            "{count} of the connections to {server} are the kubelet's probes, no clients",
            "count",
        ),
        Sentence("Nothing to do; leave it out of what you count as traffic"),
        (_ON,),
    ),
    F.LOAD_BALANCER_CHECK: Advised(
        one_or_more(
            "One of the connections to {server} is a load balancer's health check, no client",
            "{count} of the connections to {server} are a load balancer's health checks, no clients",
        ),
        Sentence("Nothing to do; leave it out of what you count as traffic"),
        (Detail("agent", Sentence("User-Agent: {agent}")),),
    ),
    F.HTTP_SERVER_ERROR: Advised(
        _STATUS,
        Choice(
            "status",
            {
                502: Sentence(
                    "A proxy got no usable answer from its backend: look at the backend's pods and endpoints "
                    "(`kubectl get endpointslices`), and at whether they restart"
                ),
                503: Sentence(
                    "No backend is ready, or it is overloaded: look at the endpoints (`kubectl get endpointslices`), "
                    "readiness probes and limits"
                ),
                504: Sentence(
                    "A proxy waited in vain for its backend: look at the backend's response times and at the "
                    "proxy's timeout"
                ),
            },
            Sentence("The application failed: its log at that time says why (`kubectl logs`)"),
        ),
    ),
    F.HTTP_CLIENT_ERROR: Advised(
        _STATUS,
        Choice(
            "status",
            {
                401: Sentence("The client is not logged in: look at its token, and at when it expires"),
                403: Sentence("The client may not do this: look at its rights and at the proxy's rules"),
                404: Sentence(
                    "There is nothing at this path: compare it with the Ingress rules (rewrite, prefix) and with the "
                    "Host header that the server expects"
                ),
                413: Sentence("The body is too large for the server or for a proxy: look at its limit"),
                429: Sentence(
                    "The client asks too often: look at the rate limit, and at retries without a pause"
                ),
            },
            Sentence(
                "The server does not like the request: its log says why; look at the request's headers and body"
            ),
        ),
    ),
    F.HTTP_UNANSWERED: Advised(
        one_or_more(
            "{server} does not answer {method} {target} of {client}",
            "{server} does not answer {count} requests of {client}, as {method} {target}",
        ),
        Sentence(
            "The request arrived at the machine, the application is silent: look at its log, its threads, and what "
            "it waits for itself (database, DNS)"
        ),
        (_AT_LONGEST,),
    ),
    F.HTTP_RESPONSE_CUT: Advised(
        Sentence("The response of {server} to {client} ends too early"),
        Sentence(
            "The server or a proxy broke off: look for a crash (`kubectl describe pod`: restarts, OOMKilled), and for "
            "write timeouts of proxies"
        ),
        (
            Detail("target", Sentence("request {target}")),
            Detail("status", Sentence("status {status}")),
            Detail("seen_bytes", Sentence("{seen_bytes} seen")),
            Detail("expected_bytes", Sentence("{expected_bytes} announced")),
        ),
    ),
    F.HTTP_UNREADABLE: Advised(
        Sentence("What {side} sends between {client} and {server} begins as HTTP, and then is not"),
        Sentence("Look for TLS on a port for plain HTTP, a wrong Content-Length, or gaps in the capture"),
    ),
    F.SLOW_RESPONSE: Advised(
        one_or_more(
            "{server} takes {seconds} to begin its answer to {method} {target} of {client}",
            "{server} is slow to answer {count} requests of {client}, up to {seconds} as for {method} {target}",
        ),
        Sentence(
            "The packets were quick, the application was slow: look at its CPU throttling, and at what it waits for "
            "itself (database, DNS, other services)"
        ),
    ),
    F.GRPC_ERROR: Advised(
        Sentence(
            "{server} ends a gRPC call of {client} with status {grpc_status}",
            "{server} ends {count} gRPC calls of {client} with status {grpc_status}",
            "count",
        ),
        Sentence(
            "See the meaning of the gRPC status: 4 is a deadline, 12 a method that is not there, 14 a server that is "
            "not available; the server's log says more"
        ),
        (
            Detail("target", Sentence("call {target}")),
            Detail("grpc_message", Sentence('"{grpc_message}"')),
        ),
    ),
    F.TLS_ALERT: Advised(
        one_or_more(
            "TLS between {client} and {server} fails: {side} says {description}",
            "TLS between {client} and {server} fails {count} times: {side} says {description}",
        ),
        Choice(
            "description",
            {
                "unknown_ca": Sentence(
                    "The certificate's issuer is not known to {side}: give it the right CA, and let the peer "
                    "send its whole chain"
                ),
                "certificate_expired": Sentence(
                    "The certificate is over: renew it, and see that it is loaded"
                ),
                "bad_certificate": Sentence(
                    "The certificate was not accepted: look at its names, dates and chain"
                ),
                "certificate_unknown": Sentence(
                    "The certificate was not accepted: look at its names, dates and chain"
                ),
                "unrecognized_name": Sentence(
                    "The server has no certificate for that name (SNI): compare the name with the Ingress's hosts"
                ),
                "protocol_version": Sentence(
                    "The two have no TLS version in common: compare what both allow"
                ),
                "handshake_failure": Sentence(
                    "The two have no cipher in common, or the server wants a client certificate: compare what both "
                    "allow"
                ),
                "certificate_required": Sentence(
                    "The server wants a client certificate (mTLS): give the client one"
                ),
                "no_application_protocol": Sentence(
                    "The two have no protocol in common (ALPN): compare what both offer"
                ),
            },
            Sentence("Try it by hand: `openssl s_client -connect ADDRESS:PORT -servername NAME`"),
        ),
        (_FOR_NAME,),
    ),
    F.TLS_HANDSHAKE_CUT: Advised(
        Sentence(
            "{side} ends the connection between {client} and {server} in the middle of the TLS handshake"
        ),
        Sentence(
            "No alert says why: look at the log of {side}; often it is a proxy that knows no such name (SNI), or a "
            "side that does not trust the certificate"
        ),
        (_FOR_NAME,),
    ),
    F.TLS_GOT_PLAIN_TEXT: Advised(
        Sentence("{side} speaks plain text where TLS is spoken, between {client} and {server}"),
        Sentence(
            "The schemes http and https are mixed up: look at the URL's scheme, the port, and the Service's targetPort"
        ),
    ),
    F.TLS_OLD_VERSION: Advised(
        Sentence(
            "A connection between {client} and {server} uses {version}, which is out of date",
            "{count} connections between {client} and {server} use {version}, which is out of date",
            "count",
        ),
        Sentence("Let both sides speak TLS 1.2 or newer"),
    ),
}
