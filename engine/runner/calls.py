"""How is another system called without becoming a way into our own network? https to public addresses, nothing else.

The name is resolved once, every address that it has must be public, and the connection goes to one of these very
addresses: a name that answers otherwise a moment later changes nothing. No redirect is followed, no proxy is asked.
Source of the rules: OWASP, Server-Side Request Forgery Prevention Cheat Sheet.
"""

import http.client
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from engine.errors import MailFailed
from engine.ports.services import Message
from engine.rules.webhooks import is_address

Address = IPv4Address | IPv6Address
#: Answers worth another try though the other system refused.
_LATER = frozenset({408, 425, 429})
_AWAY, _BUSY = 60, 120
#: IPv6 that only wraps IPv4: what it leads to is decided elsewhere.
_WRAPPED = (
    IPv6Network("64:ff9b::/96"),
    IPv6Network("64:ff9b:1::/48"),
    IPv6Network("2002::/16"),
    IPv6Network("2001::/32"),
)


def is_public(address: Address) -> bool:
    """Whether an address lies in the open network, and is one machine's."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if any(address in network for network in _WRAPPED):
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def resolve(host: str, port: int) -> list[Address]:
    """Every address of a name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ip_address(str(entry[4][0]).partition("%")[0]) for entry in found))


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookCaller:
    """Implements `engine.ports.services.Mailer` for messages whose `to` is an address on the web."""

    timeout: float = 10.0  #: seconds for each step of a call
    may_call: Callable[[Address], bool] = is_public
    resolve: Callable[[str, int], Sequence[Address]] = resolve
    reach: Callable[[tuple[str, int], float], socket.socket] = socket.create_connection
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def send(self, message: Message) -> None:
        """Post the text with its headers, or raise `MailFailed`; 5xx and an absent system are tried again."""
        if not is_address(message.to):
            raise MailFailed("not an address that may be called", retry_after=None)
        parts = urlsplit(message.to)
        host, port = parts.hostname or "", parts.port or 443
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        address = str(self._address(host, port))
        connection = _Pinned(host, port, timeout=self.timeout, context=self.context)
        connection.to(lambda: self.reach((address, port), self.timeout), self.context)
        try:
            headers = {"User-Agent": "Chuky", **message.headers}
            connection.request("POST", target, message.text.encode(), headers)
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            raise MailFailed(f"the other system is away: {error}", retry_after=_AWAY) from error
        finally:
            connection.close()
        if not 200 <= status < 300:
            again = _BUSY if status >= 500 or status in _LATER else None
            raise MailFailed(f"the other system answered {status}", retry_after=again)

    def _address(self, host: str, port: int) -> Address:
        try:
            found = self.resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise MailFailed(f"no such host: {host}", retry_after=_AWAY) from error
        if not found or not all(self.may_call(address) for address in found):
            raise MailFailed(f"{host} is not in the open network", retry_after=None)
        return found[0]


class _Pinned(http.client.HTTPSConnection):
    """A connection to the address that was judged, whatever the name says by now; the name's certificate is demanded."""

    def to(self, reach: Callable[[], socket.socket], context: ssl.SSLContext) -> None:
        """Connect by `reach`."""
        self._reach, self._tls = reach, context

    def connect(self) -> None:
        """Reach the address and shake hands under the name."""
        self.sock = self._tls.wrap_socket(self._reach(), server_hostname=self.host)
