"""What the command line runs, one file a command; imported only when it is asked for."""
