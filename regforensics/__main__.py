"""Run the command line with ``python -m regforensics``."""

from regforensics.cli.app import main

if __name__ == "__main__":
    main()
