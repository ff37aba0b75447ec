"""Hand-overs: an evidence directory as a bag, a zip or a WARC, and back."""

FORMATS = ("bagit", "zip", "warc")
MISSING_HINT = "pip install 'regforensics[handover]'"
