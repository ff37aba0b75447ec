"""Claims in, documents out: composed, checked against the stored bytes, then rendered.

Why the check stands before the rendering: a report that was written cannot be called back, so
a citation that no longer matches the evidence stops it. Why hostile text passes one module
(``text.py``) on its way out: every package field, log line and file name may be written by the
attacker, and four output forms with four sets of rules are too many to remember at each print.
"""
