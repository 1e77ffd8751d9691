"""`python -m ytarchive_tui`."""

from __future__ import annotations

from ytarchive_tui.cli import main

if __name__ == "__main__":
    main()
