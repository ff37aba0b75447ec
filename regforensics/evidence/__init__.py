"""Write once, read, cite: the evidence directory.

Why plain files: a responder's colleague must be able to check a case with ``sha256sum``, ``jq``
and ``sed`` alone, ten years from now. Why ``custody-head.json`` beside the chain: a hash chain
proves every line but its last, and says nothing about lines cut off its end.
"""
