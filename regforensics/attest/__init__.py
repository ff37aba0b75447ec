"""Signatures, certificates and logs: what verifies, with which key, and what it says.

The only home of ``cryptography`` and ``sigstore``; both are imported where a signature is looked
at, and neither is ever asked to fetch anything. A capture or a diff runs without them.
"""
