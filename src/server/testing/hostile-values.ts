/** What nobody sends who means well, for whatever takes a text, a number or a body. */

/** Within what Node takes as a request line. */
const LONG = 5000;

export const TEXTS: readonly string[] = [
  ...['', ' ', 'A'.repeat(LONG), '\u0000', 'a\u0000b', '\u0007\u001b[31mred\u009b31m', 'a\r\nX-Forged: 1'],
  ...[
    '\u202egnp.exe\u2066',
    'app\u200b\ufeff\u00ad1',
    '\u{e0041}',
    '😀'.repeat(300),
    `Z${'\u0301'.repeat(900)}`,
  ],
  ...[
    "'",
    "'; DROP TABLE finding; --",
    "x' OR 1=1 OR '",
    "\\'",
    '`time`',
    '{uid:String}',
    '%',
    '_',
    '*',
    '"',
  ],
  ...['$(id)', '`id`', '; id', '| id', '&& id', '../../etc/passwd', '..\\..\\x', '<script>alert(1)</script>'],
  ...['__proto__', 'constructor', 'toString', 'null', 'undefined', '[object Object]', '{}', '[]'],
  ...['NaN', 'Infinity', '-1', '-0', '0', '1.5', '1e309', '0x10', '9'.repeat(30), '1_000', '１２', '١٢'],
  ...['0000-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z', '2026-02-30T00:00:00Z', '+275760-09-13T00:00:00Z'],
];

/** What no text becomes by encoding it, as it stands in an address. */
export const ENCODINGS: readonly string[] = ['%', '%zz', '%ff', '%c0%af', '%ed%a0%80', '%u202e', '+', ';a=b'];

/** As JSON text: some of them nothing in JavaScript becomes. */
export const VALUES: readonly string[] = [
  ...[
    'null',
    'true',
    '0',
    '-1',
    '0.5',
    '1e999',
    '-1e999',
    '1e-400',
    '9'.repeat(400),
    '{}',
    '[]',
    '[null]',
    '[{}]',
  ],
  ...[
    '""',
    '" "',
    '"\\u0000"',
    '"\\ud800"',
    '"\\u001b[2J\\u202ex"',
    '{"__proto__":{"a":1}}',
    '{"a":{"b":{}}}',
  ],
  ...[`${'['.repeat(5000)}${']'.repeat(5000)}`, `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`],
  ...[
    JSON.stringify('A'.repeat(50_000)),
    JSON.stringify('\u202e'.repeat(10_000)),
    JSON.stringify('*a'.repeat(9000)),
  ],
  ...[
    JSON.stringify(Array(20_000).fill(1)),
    JSON.stringify(Array(9000).fill('a')),
    JSON.stringify([['a'], 'b']),
  ],
  ...TEXTS.filter((text) => text.length > 1 && text.length < LONG).map((text) => JSON.stringify(text)),
];

/** Filters that are broken, that go deep, that match slowly, and that mean what cannot be. */
export const FILTERS: readonly string[] = [
  ...[
    '"',
    '"\\',
    '\\',
    ':',
    '::',
    ',',
    '-',
    '--',
    'entity:',
    'entity:,',
    'entity:a,',
    '-entity',
    'app:ssh,"',
  ],
  ...['(a or b)', 'not x', '(', `${'('.repeat(1900)}${')'.repeat(1900)}`, '-'.repeat(4000), '"'.repeat(3999)],
  ...['a '.repeat(1999), 'app:a '.repeat(600), `app:${'x,'.repeat(1900)}x`, '*'.repeat(4000)],
  ...[
    `peer:${'*a'.repeat(1900)}b`,
    `peer:${'*'.repeat(3900)}`,
    `peer:"${'\\\\'.repeat(1900)}"`,
    'peer:%_%_%\\',
  ],
  ...[
    'bytes_out>1e309',
    `bytes_out>${'9'.repeat(20)}`,
    `bytes_out:-${'9'.repeat(20)}T`,
    'bytes_out>0.000000001',
  ],
  ...['dst_port:-1', 'dst_port:65536', 'dst_port:1.5', 'dst_port>99999999999', 'time:now', 'time>-999999d'],
  ...['time>=0000-01-01', 'time<9999-12-31', 'time>2026-02-30', 'time>=1969-12-31T23:59 time<1970-01-02'],
  ...['time>=9999-01-01 time<9999-12-31', 'time<1900-01-01', 'time>-1s time<-2s', '-time>-1h'],
  ...[
    'src_ip:::1/129',
    'src_ip:10.0.0.0/33',
    'src_ip:fe80::1%eth0',
    'src_ip:::ffff:10.0.0.1/96',
    'src_ip:1/1/1',
  ],
  ...['src_ip:0.0.0.0/0', 'src_ip:::/0', 'dst_ip:255.255.255.255/32', '__proto__:x', 'constructor:x', 'x:y'],
  ...['"\'; DROP TABLE connection; --"', '"\\u{110000}"', '"\\u{d800}"', '"\\u{0}"', '"a\u0000b"', '\u202ex'],
  ...['peer:"{v0:String}"', 'confidence>0.1', 'confidence:NaN', 'is_new:maybe', 'sources:*\u0000*'],
];
