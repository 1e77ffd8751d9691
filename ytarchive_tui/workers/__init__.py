"""The tasks that move jobs through their stages; they know ports, never a database or yt-dlp."""
