"""Places as text names them: an address or a name, and the number or the name of a port.

Hides that a name has no address: it gets one that no host can have, and `names` tells whose it is. Names of ports are
those of the `services` files of Debian, Alpine, Red Hat and macOS for what runs in clusters.
"""

import ipaddress
import re
from typing import TypeAlias

Place: TypeAlias = tuple[bytes, int | None]

_PORTS = """
ftp-data 20 ftp 21 ssh 22 telnet 23 smtp 25 time 37 domain 53 bootps 67 bootpc 68 tftp 69 gopher 70 finger 79
http 80 www 80 www-http 80 kerberos 88 pop3 110 sunrpc 111 auth 113 ntp 123 loc-srv 135 epmap 135 netbios-ns 137
netbios-dgm 138 netbios-ssn 139 imap2 143 imap 143 snmp 161 snmp-trap 162 snmptrap 162 bgp 179 ldap 389 https 443
microsoft-ds 445 kpasswd 464 submissions 465 urd 465 smtps 465 ssmtp 465 isakmp 500 syslog 514 shell 514
printer 515 dhcpv6-client 546 dhcpv6-server 547 rtsp 554 submission 587 ipp 631 ldaps 636 kerberos-adm 749
domain-s 853 rsync 873 imaps 993 pop3s 995 socks 1080 openvpn 1194 ms-sql-s 1433 ms-sql-m 1434
ncube-lm 1521 oracle 1521 l2f 1701 radius 1812 radius-acct 1813 mqtt 1883 ibm-mqseries 1414 nfs 2049 eforward 2181
docker 2375 docker-s 2376 etcd-client 2379 etcd-server 2380 fmtp 8500 ms-wbt-server 3389 mysql 3306
ndl-aas 3128 iscsi-target 3260 iscsi 3260 stun 3478 epmd 4369 svrloc 427
ipsec-nat-t 4500 vxlan 4789 geneve 6081 commplex-main 5000 sip 5060 sip-tls 5061 xmpp-client 5222 mdns 5353
postgresql 5432 postgres 5432 amqps 5671 amqp 5672 wsman 5985 wsmans 5986 x11 6000 redis 6379
sun-sr-https 6443 afs3-fileserver 7000 afs3-callback 7001 font-service 7100 arcp 7070 cbt 7777 irdmi 8000
http-alt 8080 webcache 8080 sunproxyadmin 8081 tproxy 8081 us-cli 8082 us-srv 8083 simplifymedia 8087 radan-http 8088
omniorb 8088
privoxy 8118 puppet 8140 pcsync-https 8443 ddi-tcp-1 8888 cslistener 9000 XmlIpcRegSvc 9092 tungsten-https 9443
websm 9090 bacula-dir 9101 wap-wsp 9200 vrace 9300 mongodb 27017 zabbix-agent 10050
zabbix-trapper 10051 webmin 10000 memcache 11211 gpsd 2947 otv 8472 distinct 9999
jetdirect 9100 hp-pdl-datastr 9100 pdl-datastream 9100 git 9418 sane-port 6566
"""
PORTS = dict(zip(_PORTS.split()[::2], map(int, _PORTS.split()[1::2]), strict=True))
# What /etc/hosts and the DNS call addresses that are the same everywhere.
_KNOWN = {
    "localhost": "127.0.0.1",
    "ip6-localhost": "::1",
    "ip6-loopback": "::1",
    "ip6-allnodes": "ff02::1",
    "ip6-allrouters": "ff02::2",
    "all-systems.mcast.net": "224.0.0.1",
    "all-routers.mcast.net": "224.0.0.2",
    "vrrp.mcast.net": "224.0.0.18",
    "igmp.mcast.net": "224.0.0.22",
    "mdns.mcast.net": "224.0.0.251",
}
_PORT = re.compile(r"(?P<host>.+?)[.:](?P<port>[A-Za-z0-9][\w+-]*)$")
_FOUR = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3})(?:[.:](\w[\w+-]*))?$")
MOST = 65_536
_LONGEST = 255
# An address of which the beginning or the end is lost.
_CUT = re.compile(r"\.|\d+(?:\.\d+){0,3}$")
# "This network" (RFC 1122, 3.2.1.3) and the discard prefix (RFC 6666): no packet comes from there.
_NOBODY4, _NOBODY6 = 0x0000_0100, 0x0100_0000_0000_0000_0000_0000_0000_0100


class Hosts:
    """All places of a text; `names` tells the name of each address that was made up."""

    def __init__(self) -> None:
        self.names: dict[bytes, str] = {}
        self._places: dict[tuple[str, bool, bool], Place | None] = {}
        self._made: dict[tuple[str, bool], bytes] = {}

    def place(self, text: str, *, six: bool, ported: bool) -> Place | None:
        """An address in network form and its port; None where it cannot be told. `ported`: a name ends with one."""
        key = (text, six, ported)
        known = self._places.get(key, 0)
        if known == 0:
            if len(self._places) >= MOST:
                self._places.clear()
            known = self._places[key] = self._read(text, six=six, ported=ported)
        assert known != 0
        return known  # type: ignore[return-value]

    def address(self, text: str, *, six: bool) -> bytes | None:
        """An address or a name alone."""
        found = self.place(text, six=six, ported=False)
        return found[0] if found else None

    def _read(self, text: str, *, six: bool, ported: bool) -> Place | None:
        if not six and (four := _FOUR.match(text)):
            return self._numbered(text, four[1], four[2], six=False)
        if ":" in text and (six or text.count(":") > 1):
            return self._six(text)
        if not text or len(text) > _LONGEST or not any(letter.isalnum() or letter in "*<" for letter in text):
            return None
        if _CUT.match(text):
            return None
        if ported and (match := _PORT.match(text)):
            number = port(match["port"])
            return (
                (self._named(text, six=six), 0)
                if number is None
                else (self._named(match["host"], six=six), number)
            )
        return self._named(text, six=six), None

    def _six(self, text: str) -> Place | None:
        host, dot, last = text.rpartition(".")
        if not dot or (known := packed(text)):
            known = packed(text.partition("%")[0])
            return (known, None) if known and len(known) == 16 else None
        return self._numbered(text, host.partition("%")[0], last, six=True)

    def _numbered(self, text: str, host: str, last: str | None, *, six: bool) -> Place | None:
        """An address, and what stands behind its last dot; with a port whose name is not known, one name."""
        known, number = packed(host), port(last) if last else None
        if known is None or len(known) != (16 if six else 4):
            return None
        if last and number is None:
            return (self._named(text, six=six), 0) if last[0].isalpha() else None
        return known, number

    def _named(self, name: str, *, six: bool) -> bytes:
        if (known := packed(_KNOWN.get(name, name))) and len(known) == (16 if six else 4):
            return known
        made = self._made.get((name, six))
        if made is None:
            # Beyond these many all others are one.
            number = min(len(self._made), MOST)
            made = (_NOBODY6 + number).to_bytes(16, "big") if six else (_NOBODY4 + number).to_bytes(4, "big")
            self._made[name, six] = made
            self.names[made] = name
        return made


def port(text: str) -> int | None:
    """The number of a port; None for what is none."""
    if text.isdecimal():
        number = int(text[:6])
        return number if number < 65_536 else None
    return PORTS.get(text)


def packed(text: str) -> bytes | None:
    """An address in network form; None for a name."""
    try:
        return ipaddress.ip_address(text).packed
    except ValueError:
        return None
