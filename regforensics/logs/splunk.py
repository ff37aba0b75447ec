"""Rows of Splunk's JSON export stream that hold no raw line; those that do are a wrapper.

An export that ends in ``stats`` holds counts: nothing in it is a line of a log, and no claim can
rest on it. Preview rows come again in their final form. Source: Splunk documentation "Export
search results".
"""

from collections.abc import Mapping

from regforensics.logs import jsonrows
from regforensics.logs.base import Context, Parsed, ReadLine, Skipped, Unparsed
from regforensics.logs.jsonrows import Row

NO_RAW = ("a row of a search export without the raw line: counts and extracted fields are no"
          " evidence; export with `| table _time host source sourcetype _raw`, or as raw events")
IN_XML = ("a search export in XML, which is not read: lines in it are escaped and no line of a log"
          " as it was; export as CSV, JSON or raw events")


class SplunkRows:
    """Rows that are set aside or refused."""

    name = "splunk-rows"
    title = "Splunk export (JSON stream) without raw lines"
    met = True
    zoneless = False

    def reader(self, _context: Context) -> ReadLine:
        """Lines stand alone."""
        return jsonrows.reader(_read, '"preview"')


def _read(row: Row) -> Parsed | None:
    if row.get("preview") is True:
        return Skipped("a preview row, which comes again")
    inner = row.get("result")
    if not isinstance(inner, Mapping):
        return Skipped("the end of an export") if "lastrow" in row else None
    return None if inner.get("_raw") else Unparsed(NO_RAW)
