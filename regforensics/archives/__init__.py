"""Package files read as streams: what is in them, and what about them is dangerous. No I/O.

Why readers of our own instead of tarfile and zipfile: what they list is evidence, so it must be
the bytes that stand in the archive and the same on every version of Python; and an attacker wrote
the archive, so every size in it is a claim to be bounded before it is believed. Nothing is ever
unpacked to disk, executed or followed.
"""
