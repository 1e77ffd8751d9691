"""The authority and the certificate with which the local YouTube proves its names."""

from __future__ import annotations

import os
import secrets
import ssl
from pathlib import Path

import trustme

from .hosts import NAMES

_KEY_AND_CERT = "authority.pem"
_CERT = "ca.pem"


def server_context(state: Path) -> tuple[ssl.SSLContext, Path]:
    """Return a TLS context for every host in `NAMES`, and the PEM file of the authority to trust.

    The authority is kept in `state` (made with mode 0700 when absent) and used again at the next
    start. OSError when the folder can't be written, ValueError when the kept authority is damaged.
    """
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority = _authority(state / _KEY_AND_CERT)
    ca_file = state / _CERT
    fresh = _write_private(state, authority.cert_pem.bytes())
    fresh.replace(ca_file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    authority.issue_cert(*NAMES).configure_cert(context)
    return context, ca_file


def _authority(kept: Path) -> trustme.CA:
    """Load the authority, or make one; of several sandboxes starting at once, one's is kept by all."""
    if not kept.exists():
        made = trustme.CA(organization_name="ytarchive-tui sandbox")
        fresh = _write_private(kept.parent, made.private_key_pem.bytes() + made.cert_pem.bytes())
        try:
            os.link(fresh, kept)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    pem = kept.read_bytes()
    key, mark, certificate = pem.partition(b"-----BEGIN CERTIFICATE-----")
    return trustme.CA.from_pem(mark + certificate, key)


def _write_private(folder: Path, content: bytes) -> Path:
    """Write a new file, readable by its owner only, under a name that nobody uses yet."""
    path = folder / f".{secrets.token_hex(8)}.tmp"
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    return path
