"""The columns of the table of events: see ``table``."""

import pyarrow as pa

SCHEMA = pa.schema([
    ("timestamp", pa.timestamp("us")), ("event_type", pa.string()), ("registry", pa.string()),
    ("package", pa.string()), ("version", pa.string()), ("filename", pa.string()),
    ("action", pa.string()), ("source", pa.string()), ("user_agent", pa.string()),
    ("remote_addr", pa.string()), ("status_code", pa.int32()), ("size", pa.int64()),
    ("user", pa.string()), ("outcome", pa.string()), ("layer", pa.string()),
    ("account", pa.bool_()), ("format", pa.string()), ("member", pa.string()),
    ("line", pa.int64()), ("start", pa.int64()), ("end", pa.int64()),
    ("event", pa.binary()), ("quote", pa.binary())])
