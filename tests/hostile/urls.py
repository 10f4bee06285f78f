"""URLs and addresses that must never be fetched from."""

from __future__ import annotations

URLS = [
    # options, commands and other transports
    *("-x", "--upload-pack=touch x", "-https://example.org/a"),
    *("ext::sh -c touch% x", "fd::7", "file:///etc", "file://localhost/a"),
    *("http://example.org/a", "ssh://example.org/a", "git://example.org/a", "ftp://example.org/a", "git+ssh://a/b"),
    *("git@example.org:a/b", "example.org:a/b", "https:example.org/a"),
    *("https:/example.org/a", "https:///a", "//example.org/a"),
    *("data:text/plain,a", "javascript:alert(1)"),
    *("https+git://example.org/a", "HTTP://example.org/a", "https::https://a/b"),
    # what does not belong into a URL
    *("https://user@example.org/a", "https://user:secret@example.org/a"),
    *("https://:@example.org/a", "https://@example.org/a"),
    *("https://example.org@127.0.0.1/a", "https://example.org/a?b"),
    *("https://example.org/a#b", "https://example.org/a?"),
    *("https://example.org/a#", "https://example.org/a b"),
    *("https://example.org/a\n", "https://example.org/\0", "https://exa\tmple.org/a"),
    *("https://example.org\\@127.0.0.1/a", "https://example.org/\u202ea"),
    *("https://example.org/a\r\nHost: b", "https://example.org/a'"),
    *("https://example.org/../a", "https://example.org/a/../../b", "https://example.org"),
    *("https://example.org/", "https://", "https://?"),
    *("https://example.org:0x50/a", "https://example.org:99999/a"),
    *("https://example.org:-1/a", "https://example.org/" + "a" * 2_000),
    # hosts written in odd ways
    *("https://0x7f.1/a", "https://2130706433/a", "https://0177.0.0.1/a"),
    *("https://127.1/a", "https://0/a", "https://0x7f000001/a"),
    *("https://127.0.0.1./a", "https://127.0.0.01/a", "https://1.2.3.4.5/a"),
    *("https://[::1/a", "https://::1/a", "https://[fe80::1%25eth0]/a"),
    *("https://exämple.org/a", "https://example.org./a", "https://.example.org/a"),
    *("https://-a.org/a", "https://a..org/a", "https://ⓔxample.org/a"),
    *("https://%31%32%37.0.0.1/a", "https://127。0。0。1/a"),
    *("https://" + "a" * 64 + ".org/a", "https://" + "a." * 130 + "org/a", "https://*/a"),
    # addresses inside
    *("https://127.0.0.1/a", "https://127.255.255.254/a"),
    *("https://10.0.0.1/a", "https://172.16.0.1/a", "https://192.168.0.1/a"),
    *("https://169.254.169.254/latest", "https://100.64.0.1/a"),
    *("https://0.0.0.0/a", "https://255.255.255.255/a", "https://224.0.0.1/a"),
    *("https://192.0.0.8/a", "https://192.0.2.1/a", "https://198.18.0.1/a"),
    *("https://198.51.100.1/a", "https://203.0.113.1/a", "https://240.0.0.1/a"),
    *("https://[::1]/a", "https://[::]/a"),
    *("https://[::ffff:127.0.0.1]/a", "https://[::ffff:7f00:1]/a", "https://[::127.0.0.1]/a"),
    *("https://[fc00::1]/a", "https://[fe80::1]/a"),
    *("https://[fec0::1]/a", "https://[ff02::1]/a", "https://[64:ff9b::7f00:1]/a"),
    *("https://[64:ff9b::10.0.0.1]/a", "https://[64:ff9b:1::1]/a"),
    *("https://[2002:7f00:1::]/a", "https://[2002:a00:1::1]/a", "https://[2001::1]/a"),
    *("https://[100::1]/a", "https://[2001:db8::1]/a", "https://localhost/a"),
]  # fmt: skip
