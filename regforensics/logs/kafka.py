"""What a Kafka console tool prints between records. The records themselves are a wrapper."""

import re

from regforensics.logs.base import Context, Parsed, ReadLine, Skipped

_NOTE = re.compile(r"% (?:Reached end of topic|Auto-selecting|Waiting for|Group) .*"
                   r"|Processed a total of \d+ messages")
_TOMBSTONE = re.compile(r'\{"topic":".{1,249}","partition":\d+,"offset":\d+,.*"payload":null\}')


class KafkaNotes:
    """Lines without a record's value."""

    name = "kafka-notes"
    title = "notes of kcat and the Kafka console consumer"
    met = True
    zoneless = False

    def reader(self, _context: Context) -> ReadLine:
        """Lines stand alone."""
        return _read


def _read(line: str) -> Parsed | None:
    if _NOTE.fullmatch(line):
        return Skipped("a note of the tool that printed the records")
    return Skipped("a record without a value") if _TOMBSTONE.fullmatch(line) else None
