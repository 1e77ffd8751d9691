"""What runs in a child process: the only modules that import yt_dlp."""
