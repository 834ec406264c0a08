"""SMTP, POP3, IMAP, FTP: where TLS begins, who logs in, and what is refused (RFC 5321, 1939, 9051, 959).

Of the client's lines only commands that log in or ask for TLS are read; a password is never on the way out.
"""

import re
from collections.abc import Iterator

from kubectl_netshoot.packets.protocols.reader import (
    NoFrameError,
    ServiceStep,
    agrees_tls,
    asks_tls,
    error,
    from_base64,
    greeting,
    line_size,
    logged_in,
    login,
    plain_in_base64,
    text_of,
)
from kubectl_netshoot.packets.report import Application, Side

_CODE = re.compile(r"(\d{3})([ -])(.*)")
_TAGGED = re.compile(r"(\S+) (OK|NO|BAD|BYE|PREAUTH)\b ?(.*)", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"\[([A-Z-]+)[^\]]*\] ?(.*)", re.IGNORECASE)
_TOO_NEW = ("500", "502", "504")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')


class MailLines:
    """A reader of lines; `_waits` is what the client asked for and has no answer to."""

    application: Application
    protocol: str
    tls = "STARTTLS"

    def __init__(self) -> None:
        self._waits = "greeting"

    def size(self, side: Side, data: bytes) -> int:  # noqa: ARG002
        """To the end of the line."""
        return line_size(data)

    def words(self, side: Side, frame: bytes) -> Iterator[ServiceStep]:
        """What is worth a word."""
        line = text_of(frame).rstrip("\r\n")
        yield from self.asked(line) if side is Side.CLIENT else self.said(line)

    def asked(self, line: str) -> Iterator[ServiceStep]:
        """A line of the client's."""
        raise NotImplementedError

    def said(self, line: str) -> Iterator[ServiceStep]:
        """A line of the server's."""
        raise NotImplementedError

    def _authenticates(self, words: list[str]) -> Iterator[ServiceStep]:
        """AUTH (AUTHENTICATE in IMAP): the mechanism, and often all of its first message."""
        self._waits = "login"
        mechanism = words[0].upper() if words else ""
        if mechanism in ("PLAIN", "LOGIN") and len(words) < 2:
            self._waits = f"{mechanism.lower()} message"
        elif mechanism == "PLAIN":
            yield from self._plain(words[1])
        elif mechanism == "LOGIN":
            yield from self._name(words[1])

    def _message(self, line: str) -> Iterator[ServiceStep]:
        """The client's answer to an empty challenge."""
        waits, self._waits = self._waits, "login"
        yield from self._plain(line) if waits == "plain message" else self._name(line)

    def _plain(self, message: str) -> Iterator[ServiceStep]:
        found = plain_in_base64(message.encode())
        user, password = found or (None, None)
        yield login(self.protocol, user, None, password)

    def _name(self, message: str) -> Iterator[ServiceStep]:
        name = from_base64(message.encode())
        yield login(self.protocol, text_of(name) if name else None)

    def _granted(self) -> Iterator[ServiceStep]:
        """The answer to what waits is yes."""
        if self._waits == "tls":
            yield agrees_tls(self.protocol)
        elif self._waits == "login":
            yield logged_in(self.protocol)
        self._waits = ""

    def _denied(self, code: str, text: str, *, fatal: bool = False) -> Iterator[ServiceStep]:
        waits, self._waits = self._waits, ""
        otherwise = waits if waits in ("login", "tls") else "other"
        yield error(self.protocol, code, text, fatal=fatal, otherwise=otherwise)


class Smtp(MailLines):
    """Mail being sent. After 354 the client's lines are the message."""

    application, protocol = Application.SMTP, "SMTP"

    def asked(self, line: str) -> Iterator[ServiceStep]:
        """A command, or an answer to a challenge."""
        if self._waits == "data":
            raise NoFrameError
        if self._waits.endswith("message"):
            yield from self._message(line)
            return
        command, *words = line.split() or [""]
        if self._waits == "login" and command.upper() != "AUTH":
            return
        self._waits = command.upper()
        if command.upper() == self.tls:
            self._waits = "tls"
            yield asks_tls(self.protocol)
        elif command.upper() == "AUTH":
            if [word.upper() for word in words] == ["TLS"]:
                self._waits = "tls"
                yield asks_tls(self.protocol)
            else:
                yield from self._authenticates(words)

    def said(self, line: str) -> Iterator[ServiceStep]:
        """A reply; what it says stands behind its last code."""
        match = _CODE.fullmatch(line)
        if match is None:
            raise NoFrameError
        code, more, text = match.groups()
        waits = self._waits
        if more == "-":
            return
        if code[0] in "45":
            if not (code in _TOO_NEW and waits in ("EHLO", "HELP", "FEAT", "SYST", "OPTS", "MLSD", "EPSV")):
                yield from self._denied(code, text, fatal=waits == "greeting")
        elif code == "220" and waits == "greeting":
            self._waits = ""
            yield greeting(self.protocol, text)
        elif code[0] == "2":
            yield from self._granted()
        elif code == "354":
            self._waits = "data"


class Ftp(Smtp):
    """Files being fetched; the control connection."""

    application, protocol = Application.FTP, "FTP"

    def asked(self, line: str) -> Iterator[ServiceStep]:
        """USER and PASS, or what SMTP has too."""
        command, *words = line.split() or [""]
        if command.upper() == "USER":
            yield login(self.protocol, " ".join(words))
            self._waits = "name"
        elif command.upper() == "PASS":
            self._waits = "login"
        else:
            yield from super().asked(line)


class Pop3(MailLines):
    """Mail being fetched."""

    application, protocol = Application.POP3, "POP3"
    tls = "STLS"

    def asked(self, line: str) -> Iterator[ServiceStep]:
        """A command, or an answer to a challenge."""
        if self._waits.endswith("message"):
            yield from self._message(line)
            return
        command, *words = line.split() or [""]
        command = command.upper()
        self._waits = command
        if command == self.tls:
            self._waits = "tls"
            yield asks_tls(self.protocol)
        elif command in ("USER", "APOP"):
            self._waits = "login" if command == "APOP" else "name"
            yield login(self.protocol, words[0] if words else None)
        elif command == "PASS":
            self._waits = "login"
        elif command == "AUTH" and words:
            yield from self._authenticates(words)

    def said(self, line: str) -> Iterator[ServiceStep]:
        """+OK, -ERR, or + for a challenge."""
        if line.startswith("-ERR"):
            if self._waits not in ("CAPA", "AUTH"):
                found = _IN_BRACKETS.fullmatch(line[5:])
                code, text = (found[1], found[2]) if found else ("-ERR", line[5:])
                yield from self._denied(code, text or line, fatal=self._waits == "greeting")
        elif line.startswith("+OK"):
            if self._waits == "greeting":
                yield greeting(self.protocol, line[4:])
            yield from self._granted()
        elif not line.startswith("+"):
            raise NoFrameError


class Imap(MailLines):
    """Mail being read. Commands have tags, and so have the answers to them."""

    application, protocol = Application.IMAP, "IMAP"

    def __init__(self) -> None:
        super().__init__()
        self._tag = ""

    def asked(self, line: str) -> Iterator[ServiceStep]:
        """A command, or an answer to a challenge."""
        if self._waits.endswith("message"):
            yield from self._message(line)
            return
        tag, _, rest = line.partition(" ")
        command, *words = [quoted or bare for quoted, bare in _QUOTED.findall(rest)] or [""]
        command = command.upper()
        if self._waits == "login" and command not in ("LOGIN", "AUTHENTICATE", "STARTTLS", "LOGOUT"):
            return
        self._tag, self._waits = tag, command
        if command == self.tls:
            self._waits = "tls"
            yield asks_tls(self.protocol)
        elif command == "LOGIN":
            self._waits = "login"
            user, password, *_ = [*words, "", ""]
            # A name in braces is only announced: a literal.
            yield login(self.protocol, None if user.startswith("{") else user, None, password)
        elif command == "AUTHENTICATE":
            yield from self._authenticates(words)

    def said(self, line: str) -> Iterator[ServiceStep]:
        """A tagged answer, or a word unasked."""
        if line.startswith("+"):
            return
        match = _TAGGED.fullmatch(line)
        if match is None:
            if line.startswith("* "):
                return
            raise NoFrameError
        tag, word, text = match[1], match[2].upper(), match[3]
        found = _IN_BRACKETS.fullmatch(text)
        code, text = (found[1].upper(), found[2]) if found else (word, text)
        if tag == "*":
            if word == "BYE" and self._waits != "LOGOUT":
                yield from self._denied(code, text, fatal=self._waits == "greeting")
            elif self._waits == "greeting":
                self._waits = ""
                yield greeting(self.protocol, text)
        elif tag == self._tag and word == "OK":
            yield from self._granted()
        elif tag == self._tag:
            yield from self._denied(code, text)
