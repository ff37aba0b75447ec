"""The voice: typer and rich live here and nowhere else.

Why every heavy import stands inside a command: an analyst waits for ``--help`` too.
"""
