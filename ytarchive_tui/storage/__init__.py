"""The archive on disk: names, staging, verification, manifest and the one rename that commits an item."""
