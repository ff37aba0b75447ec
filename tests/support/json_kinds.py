"""Every kind of JSON text that parsers are known to differ about, made here from its grammar.

    KINDS    name -> the bytes of one JSON value, valid or not

The kinds follow RFC 8259: what a value, a number, a string, a structure and an encoding may be,
and the nearest thing to each that is none.
"""

from collections.abc import Iterator

_NUMBERS = (
    "0", "-0", "1", "-1", "10", "1.5", "1e5", "1E5", "1e+5", "1e-5", "0e0", "0E+1", "1.0e10",
    "123456789012345678901234567890", "1e400", "-1e400", "1e-400", "0.1e1", "4.9e-324",
    "1.7976931348623157e308", "9007199254740993", "01", "-01", "00", "1.", ".5", "-.5", "+1",
    "1e", "1e+", "1e-", "1E", "1.e5", ".e1", "0x1", "0b1", "1_000", "1,0", "-", "--", "-a",
    "1a", "1e1.5", "0e", "0.e1", "Infinity", "-Infinity", "NaN", "-NaN", "inf", "nan",
    "1e99999999999", "１", "٣", "1.2.3", "1+1", "-2.", "2.e3", "0.3e", "0.3e+", "9.e+")
_STRINGS = (
    '""', '"a"', '"\\u0041"', '"\\n\\t\\b\\f\\r\\/\\\\\\""', '"\\u0000"', '"\\ud83d\\ude00"',
    '"\\ud800"', '"\\udc00"', '"\\ude00\\ud83d"', '"\\ud800\\ud800"', '"\\uD800\\n"', '"\\u00e9"',
    '"é"', '"\u2028\u2029"', '"\u202e"', '"\x7f"', '"\\uFFFF"', '"\\u002f"', '"\U0010ffff"',
    '"', '"a', "a", "'a'", '"\\"', '"\\', '"\\x41"', '"\\u"', '"\\u1"', '"\\u12"', '"\\u123"',
    '"\\uqqqq"', '"\\ud800\\u"', '"\\ud800\\u1"', '"\\a"', '"\\U0041"', '"\\0"', '"\\\t"', '"\n"',
    '"\t"', '"\x00"', '"\x1f"', '"\r"', '""x', '"a" "b"', '\\u0022a"', '"\\🌀"', "`a`", "“a”")
_STRUCTURES = (
    "[]", "{}", "[[]]", '{"":0}', '{"a":0}', '{"a":0,"b":1}', '{"a":0,"a":1}', '{"a":{"a":{}}}',
    "[1,2]", "[null]", "null", "true", "false", " [ ] ", "\t\n\r []", '{"\\u0061":1,"a":2}',
    '{"\\u0000":0}', '{"a":"b","a":"b"}',
    "[", "]", "{", "}", "[1", "[1,", "[,1]", "[1,]", "[1,,2]", "[1 2]", "[1:2]", "[1;2]", "[1]]",
    "[1]x", "[1][", '{"a"', '{"a":', '{"a":0', '{"a":0,', '{"a":0,}', '{,"a":0}', '{"a" 0}',
    '{"a"::0}', '{"a":0 "b":1}', "{a:0}", "{'a':0}", "{1:0}", "{null:0}", '{"a":0}}', '{"a":0}#x',
    '{"a":0}/**/', '{"a":/*c*/0}', "[1] // c", "{[]:0}", '{"a":}', '{"a"}', "{\"a\",0}", "[}", "{]",
    "nul", "nulll", "Null", "TRUE", "truth", "undefined", "[true false]", "*", "$", "<null>",
    "\x0c[]", "\x0b[]", "\xa0[]", "\ufeff[]", "\u2060[]", "", " ", "\n", "[\x00]", "[1]\x00",
    "[1]\n\n{}", "\x00", "[a", "[\"a\"", "[{}", '[""],', ",", ":", "(1)", "[(1)]")
_ENCODINGS = (
    ("utf-8 mark", b"\xef\xbb\xbf[]"), ("half a mark", b"\xef\xbb["),
    ("utf-16le", "[1]".encode("utf-16-le")),
    ("utf-16be", "[1]".encode("utf-16-be")), ("utf-16 mark", "[1]".encode("utf-16")),
    ("utf-32", "[1]".encode("utf-32")), ("latin 1", b'"\xe9"'), ("lone byte", b'"\x81"'),
    ("overlong slash", b'"\xc0\xaf"'), ("overlong nul", b'"\xc0\x80"'),
    ("overlong 3", b'"\xe0\x80\xaf"'),
    ("surrogate", b'"\xed\xa0\x80"'), ("beyond", b'"\xf4\xbf\xbf\xbf"'), ("cut", b'"\xe0\xff"'),
    ("cut at the end", b'"\xf0\x9f'), ("five bytes", b'"\xf8\x88\x80\x80\x80"'), ("fe", b'"\xfe"'),
    ("ff between", b"[1\xff,2]"), ("in a key", b'{"\xff":1}'), ("before", b"\xff[]"),
    ("after", b"[]\xff"), ("in a number", b"1\xe5"), ("in an escape", b'"\\u\xe9"'))


def _deep() -> Iterator[tuple[str, bytes]]:
    for depth in (100, 500, 1000, 5000, 100_000):
        yield f"{depth} arrays", b"[" * depth + b"]" * depth
        yield f"{depth} open arrays", b"[" * depth
        yield f"{depth} objects", b'{"":' * depth + b"1" + b"}" * depth
        yield f"{depth} open mixed", b'[{"":' * depth
    yield "long string", b'"' + b"x" * 100_000 + b'"'
    yield "long number", b"9" * 100_000
    yield "long key", b'{"' + b"k" * 100_000 + b'":1}'
    yield "many members", b"{" + b",".join(b'"%d":0' % n for n in range(10_000)) + b"}"
    yield "one member often", b"{" + b",".join([b'"a":0'] * 10_000) + b"}"
    yield "many escapes", b'"' + rb"\u0041" * 20_000 + b'"'
    yield "many commas", b"[" + b"," * 50_000 + b"]"


KINDS: dict[str, bytes] = {
    **{f"number {text}": text.encode() for text in _NUMBERS},
    **{f"string {text!a}": text.encode("utf-8", "surrogatepass") for text in _STRINGS},
    **{f"structure {text!a}": text.encode() for text in _STRUCTURES},
    **dict(_ENCODINGS), **dict(_deep())}
