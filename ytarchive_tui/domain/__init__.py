"""The words of the program and the pure rules over them; no I/O."""
