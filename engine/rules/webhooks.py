"""How does a receiver know that a call is ours? HMAC-SHA256 over moment and body, with the secret of its webhook.

Chuky-Delivery:  the same text at every repeat: who has seen it answers 200 and does nothing
Chuky-Timestamp: seconds since 1970; who finds it more than five minutes old refuses the call
Chuky-Signature: v1=<hex of HMAC-SHA256(secret, "<timestamp>.<body>")>
"""

import hmac
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from urllib.parse import urlsplit

#: Longest address that is kept.
MAX_URL = 500
#: Ports of web servers; others belong to services that no call of ours should reach.
PORTS = frozenset({443, 8443})


def signature(secret: str, timestamp: int, body: str) -> str:
    """The text of `Chuky-Signature`."""
    text = f"{timestamp}.{body}".encode()
    return f"v1={hmac.new(secret.encode(), text, sha256).hexdigest()}"


def headers(secret: str, name: str, body: str, now: datetime) -> Mapping[str, str]:
    """What a call carries; `name` is the same at every repeat."""
    timestamp = int(now.timestamp())
    return {
        "Content-Type": "application/json; charset=utf-8",
        "Chuky-Delivery": name,
        "Chuky-Timestamp": str(timestamp),
        "Chuky-Signature": signature(secret, timestamp, body),
    }


def is_address(url: str) -> bool:
    """Whether the text may be a webhook's address at all: https, a host, a port of `PORTS`, nobody's name, no fragment."""
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url and len(url) <= MAX_URL
    nobody = parts.username is None and parts.password is None and not parts.fragment
    return plain and parts.scheme == "https" and bool(parts.hostname) and port in PORTS and nobody
