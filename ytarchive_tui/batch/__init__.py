"""The front end without a screen: a file of addresses in, an archive and an exit code out."""
