"""Which mail came back? Reads the report that a mail server sends when it could not deliver (RFC 3464)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from itertools import islice

#: `<the id that we gave@our host>`
_MESSAGE_ID = re.compile(r"<([^<>@\s]+)@[^<>@\s]+>")
#: Parts of a report that are looked at; real ones have three or four.
_PARTS = 50
#: Longest reason that is kept, in characters.
_REASON = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """A mail that its server gave up."""

    message_id: str  #: without brackets and host, as a delivery keeps it
    reason: str  #: status and words of the server that refused it


def read_bounce(data: bytes) -> Bounce | None:
    """Read a delivery report; None for any other mail, for one that is only late, and for one that names no mail."""
    # The library's newer policy fails on heads that are broken in certain ways (found by trying); this one never parses them.
    letter = message_from_bytes(data)
    parts = list(islice(letter.walk(), _PARTS))
    refused = next((found for part in parts if (found := _refused(part))), None)
    message_id = next((found for part in parts if (found := _original(part))), None)
    return Bounce(message_id=message_id, reason=refused) if refused and message_id else None


def _refused(part: Message) -> str | None:
    """What the report says of the first recipient whose mail was given up."""
    if part.get_content_type() != "message/delivery-status":
        return None
    for group in _below(part):
        if str(group.get("Action", "")).strip().lower() == "failed":
            code = str(group.get("Diagnostic-Code", "")).partition(";")[2] or str(group.get("Status", ""))
            return " ".join(code.split())[:_REASON] or "failed"
    return None


def _original(part: Message) -> str | None:
    """Our id of the mail that the report is about, whole or as its head alone."""
    kind = part.get_content_type()
    if kind == "message/rfc822":
        heads = [str(inner.get("Message-ID", "")) for inner in _below(part)]
    elif kind == "text/rfc822-headers":
        heads = [line for line in str(part.get_payload()).splitlines() if line.lower().startswith("message-id:")]
    else:
        return None
    return next((found[1] for head in heads if (found := _MESSAGE_ID.search(head))), None)


def _below(part: Message) -> Iterator[Message]:
    below = part.get_payload()
    return (inner for inner in below if isinstance(inner, Message)) if isinstance(below, list) else iter(())
