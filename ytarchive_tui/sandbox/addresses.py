"""Where a running sandbox can be reached."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Addresses:
    """What a client needs: settings that a user of the real site also has, and the control listener."""

    proxy: str
    """URL of the HTTP proxy that leads to the local YouTube."""
    ca_file: str
    """PEM file of the authority that signed the local YouTube's certificate."""
    api: str
    """Root URL of the Data API, for `client_options={"api_endpoint": ...}`."""
    control: str
    """Root URL of the control listener."""
    token: str = field(repr=False)
    """Secret that every control request carries in the header `X-Sandbox-Token`."""
    pid: int
