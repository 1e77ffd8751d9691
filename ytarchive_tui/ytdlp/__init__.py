"""yt-dlp behind the ports: options, child processes, and the adapters that use them."""
