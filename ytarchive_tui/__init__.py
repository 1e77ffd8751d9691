"""Archive YouTube videos, playlists and channels from a terminal."""

__version__ = "0.1.0"
