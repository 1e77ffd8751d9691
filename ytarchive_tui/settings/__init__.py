"""Validated settings, the folders they lead to, and the outside programs found on this machine."""
