"""Findings about names, routes and addresses: DNS, ICMP, ARP, UDP, address translation."""

from kubectl_netshoot.packets.finding_ids import FindingId as F
from kubectl_netshoot.packets.words.sentence import Advised, Choice, Detail, Sentence

_LONGEST = Detail("seconds", Sentence("longest wait {seconds}"))
_TIMES = Detail("count", Sentence("{count} times"), above=1)

FINDINGS: dict[F, Advised] = {
    F.DNS_SERVER_FAILURE: Advised(
        Sentence("The DNS server {server} could not answer {client} about {name}: {code}"),
        Sentence(
            "The server failed, the name may be right: look at CoreDNS (`kubectl -n kube-system logs -l "
            "k8s-app=kube-dns`) and at the servers that it forwards to"
        ),
        (_TIMES,),
    ),
    F.DNS_UNANSWERED: Advised(
        Sentence("The DNS server {server} does not answer {client} about {name}"),
        Sentence(
            "Look whether CoreDNS runs and has endpoints (`kubectl -n kube-system get pods,endpointslices -l "
            "k8s-app=kube-dns`), and whether a NetworkPolicy lets UDP and TCP port 53 through"
        ),
        (_TIMES, _LONGEST),
    ),
    F.DNS_NO_SUCH_NAME: Advised(
        Sentence("The name {name}, asked for by {client}, does not exist (NXDOMAIN)"),
        Sentence(
            "Look for a misspelt name or a missing namespace (SERVICE.NAMESPACE.svc.cluster.local), and whether the "
            "Service exists"
        ),
        (_TIMES,),
    ),
    F.DNS_NO_REVERSE_NAME: Advised(
        Sentence(
            "{client} asks for the name of an address that has none: {example} (NXDOMAIN)",
            "{client} asks {count} times for names of addresses that have none, as {example} (NXDOMAIN)",
            "count",
        ),
        Sentence(
            "Nothing to do: pods have none, and who asks (a logger, sshd, tcpdump without -n) can do without"
        ),
    ),
    F.DNS_SLOW: Advised(
        Sentence("The DNS server {server} takes {seconds} to answer {client} about {name}"),
        Sentence(
            "Look at the CPU of CoreDNS, at the servers that it forwards to, and at lost packets: 5 s sharp is a "
            "client that asked a second time"
        ),
        (_TIMES,),
    ),
    F.DNS_TRUNCATED: Advised(
        Sentence("The answer of {server} to {client} about {name} did not fit into UDP (truncated)"),
        Sentence("The client asks again over TCP: see that TCP port 53 is allowed as well"),
        (_TIMES,),
    ),
    F.DNS_SEARCH_LIST: Advised(
        Sentence("Each look-up of {name} by {client} first asks for names that do not exist: {tried}"),
        Sentence(
            "This is the search list with `ndots:5`: write the name with a dot at its end, or set `ndots` to 1 or 2 "
            "in the pod's dnsConfig"
        ),
        (_TIMES,),
    ),
    F.ICMP_UNREACHABLE: Advised(
        Choice(
            "code",
            {
                "port": Sentence("{reporter} says that nothing listens on {target} ({transport})"),
                "prohibited": Sentence(
                    "{reporter} says that a firewall forbids packets to {target} ({transport})"
                ),
            },
            Sentence("{reporter} says that {target} ({transport}) cannot be reached (ICMP: {code})"),
        ),
        Choice(
            "code",
            {
                "port": Sentence(
                    "Look at what listens there (ss -lun, ss -ltn), and at the Service's targetPort"
                ),
                "prohibited": Sentence("Look at firewalls and NetworkPolicies between the two"),
            },
            Sentence(
                "Look at the routes (`ip route get ADDRESS`), and whether the node or pod is still there"
            ),
        ),
        (_TIMES,),
    ),
    F.FRAGMENTATION_NEEDED: Advised(
        Sentence("{reporter} says that packets to {target} are too big: at most {mtu_bytes} fit"),
        Sentence(
            "TCP adapts by itself if this message arrives. If large transfers hang all the same: give the pods an MTU "
            "that fits the tunnel (CNI settings)"
        ),
        (_TIMES,),
    ),
    F.ROUTING_LOOP: Advised(
        Sentence("Packets to {target} run out of hops, says {reporter}"),
        Sentence("A routing loop: look at the route with `tracepath ADDRESS`, and at the routers' tables"),
        (_TIMES,),
    ),
    F.TRACEROUTE: Advised(
        Choice(
            "reached",
            {True: Sentence("{source} traces the route to {target} (traceroute), which answers")},
            Sentence("{source} traces the route to {target} (traceroute), which does not answer"),
        ),
        Sentence("That routers say `time exceeded` is how it works; some never answer"),
        (
            Detail(
                "routers",
                Sentence("one router on the way answers", "{routers} routers on the way answer", "routers"),
            ),
        ),
    ),
    F.NEIGHBOUR_UNANSWERED: Advised(
        Sentence(
            "{client} asks who has {address}, and nobody answers",
            "{client} asks {attempts} times who has {address}, and nobody answers",
            "attempts",
        ),
        Sentence("No machine on this link has that address (any more): look whether the pod or node is gone"),
    ),
    F.ADDRESS_CONFLICT: Advised(
        Sentence("Two machines claim {address}: {hardware}"),
        Sentence(
            "Find the second one by its hardware address (`ip neigh`), and take the address from one of them"
        ),
    ),
    F.ECHO_UNANSWERED: Advised(
        Sentence(
            "A ping of {client} to {server} has no answer",
            "{count} pings of {client} to {server} have no answer",
            "count",
        ),
        Sentence(
            "Many firewalls drop ping: try the real port (`nc -vz ADDRESS PORT`) before you conclude anything"
        ),
    ),
    F.UDP_UNANSWERED: Advised(
        Sentence(
            "{client} sends one datagram to {server}, and nothing comes back",
            "{client} sends {count} datagrams to {server}, and nothing comes back",
            "count",
        ),
        Sentence(
            "That can be right (logs, metrics). Where an answer is due: is the server there, and may it answer?"
        ),
    ),
    F.SOURCE_NAT: Advised(
        Sentence(
            "{client} is probably a node that stands for other clients (source NAT): one connection to {server}",
            "{client} is probably a node that stands for other clients (source NAT): {count} connections to {server}",
            "count",
        ),
        Sentence(
            "The real client's address is lost on the node: `externalTrafficPolicy: Local` on the Service keeps it, "
            "or look for it in X-Forwarded-For"
        ),
    ),
}
