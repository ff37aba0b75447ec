"""The columns of the table of events: see ``table``."""

import pyarrow as pa

_TEXT = pa.dictionary(pa.int32(), pa.string())
SCHEMA = pa.schema([
    ("timestamp", pa.timestamp("us")), ("event_type", _TEXT), ("registry", _TEXT),
    ("package", _TEXT), ("version", _TEXT), ("filename", _TEXT),
    ("action", _TEXT), ("source", _TEXT), ("user_agent", _TEXT),
    ("remote_addr", _TEXT), ("status_code", pa.int32()), ("size", pa.int64()),
    ("user", _TEXT), ("outcome", _TEXT), ("layer", _TEXT),
    ("account", pa.bool_()), ("format", _TEXT), ("member", _TEXT),
    ("line", pa.int64()), ("start", pa.int64()), ("end", pa.int64()),
    ("event", pa.binary()), ("quote", pa.binary())])
CODED = [field.name for field in SCHEMA if field.type == _TEXT]
READ = ("event_type", "registry", "package", "version", "filename", "action", "source",
        "user_agent", "remote_addr", "status_code", "size", "user", "outcome", "layer")
