"""A local YouTube: real sockets, real TLS, real media, no network.

The package knows nothing of the rest of the program, and the program reaches it only through
settings that a user also has: a proxy, a CA file and an API endpoint.
"""
