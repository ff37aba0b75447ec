"""The only floor that opens a socket or a foreign file.

From a ``Query`` to a recorded ``Acquisition``: ``config`` reads what npm and pip users have set,
``transport`` asks and records, ``capture`` runs targets, ``ingest`` takes handed-over files.
"""
