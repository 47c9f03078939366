import { Buffer } from 'node:buffer';
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { walk } from '../src/ingest/walk.js';
import { contentFolder } from '../src/model/paths.js';
import { type Bench, openBench } from './embedded-store.js';

/** Each kind of bad input gives one clear problem or dead letter with its place; whatever lies beside it is read. */

let bench: Bench;
let ftp: string[];
let conn: string;
beforeAll(async () => {
  bench = await openBench();
  ftp = (await readFile(join(contentFolder('sources'), 'zeek-ftp', 'sample.log'), 'utf8')).trim().split('\n');
  conn = await readFile(join(contentFolder('sources'), 'zeek-conn', 'sample.log'), 'utf8');
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});

let count = 0;
/** A folder with the named files and a good log beside them, which must always be read. */
async function folderWith(files: Record<string, string | Buffer>): Promise<string> {
  count += 1;
  const folder = join(bench.folder, `case-${count}`);
  await mkdir(folder);
  await writeFile(join(folder, 'zz-good.log'), record({ uid: `Cgood${count}` }));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

/** A good record with some values replaced; a time of its own, so that no two cases hold the same bytes. */
const record = (values: Record<string, unknown>): string =>
  `${JSON.stringify({ ...(JSON.parse(ftp[1]!) as object), uid: `C${count}`, ...values })}\n`;

async function read(...paths: string[]) {
  const result = await bench.ingest(...paths);
  expect(result.mismatches).toEqual([]);
  const total = (key: 'events' | 'rejected' | 'duplicates') =>
    result.inputs.reduce((sum, input) => sum + input[key], 0);
  return { ...result, stored: total('events') + total('duplicates'), rejected: total('rejected') };
}

const reasons = async (file: string): Promise<string[]> =>
  (
    await bench.store.rows<{ reason: string }>(
      'SELECT reason FROM dead_letter WHERE file = {file:String} ORDER BY line',
      { file },
    )
  ).map(({ reason }) => reason);

test('an empty folder', async () => {
  const folder = join(bench.folder, 'empty');
  await mkdir(folder);
  const { problems, inputs } = await read(folder);
  expect(inputs).toEqual([]);
  expect(problems).toEqual([
    { where: folder, what: 'no files here', advice: 'name a folder that holds logs', level: 'error' },
  ]);
});

test('a path that does not exist, beside one that does', async () => {
  const folder = await folderWith({});
  const { problems, stored } = await read(join(folder, 'nowhere'), folder);
  expect(problems.map(({ what }) => what)).toEqual(['no such file or folder']);
  expect(stored).toBe(1);
});

test('empty, binary and unknown files', async () => {
  const folder = await folderWith({
    'a-empty.log': '',
    'b-binary.pcap': Buffer.from([0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0]),
    'c-bzip2.log.bz2': Buffer.from('BZh91AY&SY'),
    'd-prose.txt': 'Dear diary,\nnothing happened.\n',
  });
  const { problems, stored, rejected } = await read(folder);
  expect(problems.map(({ what }) => what)).toEqual([
    'empty file',
    expect.stringContaining('tshark'),
    'bzip2 archives are not read',
    'not a log Stowaway knows',
  ]);
  expect([stored, rejected]).toEqual([1, 0]);
});

test.each([1, 30_000])('%i NULs in a line do not hide a log', async (nuls) => {
  const lines = Array.from({ length: 40 }, (_, index) =>
    record({ uid: `Cn${index}`, user: String(nuls), 'id.orig_p': 1 + index + nuls }),
  );
  lines[7] = lines[7]!.replace('Cn7', `Cn${'\0'.repeat(nuls)}`);
  const folder = await folderWith({ 'a.log': lines.join('') });
  const { problems, stored, rejected } = await read(folder);
  // With the record that every folder here holds.
  expect([problems, stored, rejected]).toEqual([[], 40, 1]);
});

test('a truncated gzip gives what came before the break', async () => {
  const lines = Array.from({ length: 3000 }, (_, index) =>
    record({ uid: `Cz${index}`, 'id.orig_p': 1 + index }),
  );
  const archive = gzipSync(lines.join(''), { level: 1 });
  const folder = await folderWith({ 'a.log.gz': archive.subarray(0, archive.length / 2) });
  const { problems, stored, rejected } = await read(folder);
  expect(problems).toHaveLength(1);
  expect(problems[0]!.what).toMatch(/^the gzip archive breaks off/);
  expect(stored).toBeGreaterThan(1000);
  expect(rejected).toBeLessThanOrEqual(1);
});

test('files that only call themselves gzip', async () => {
  const folder = await folderWith({
    'a-plain.log.gz': record({ uid: 'Cplain' }),
    'b-broken.gz': Buffer.from([0x1f, 0x8b, 9, 9, 9, 9]),
  });
  const { problems, stored } = await read(folder);
  expect(stored).toBe(2);
  expect(problems.map(({ where }) => where)).toEqual([join(folder, 'b-broken.gz')]);
});

test('a folder and a file without permission', async () => {
  const folder = await folderWith({ 'a-secret.log': record({ uid: 'Csecret' }) });
  await mkdir(join(folder, 'b-locked'));
  await chmod(join(folder, 'b-locked'), 0);
  await chmod(join(folder, 'a-secret.log'), 0);
  await chmod(bench.folder, 0o755);
  const isRoot = process.geteuid?.() === 0;
  if (!isRoot) {
    const { problems, stored } = await read(folder);
    expect(problems.map(({ what }) => what)).toEqual(['no permission to read', 'no permission to read']);
    expect(stored).toBe(1);
  } else {
    console.log(
      'running as root, who may read all: only the walk is tried as nobody, files without permission are not',
    );
    process.seteuid!(65534);
    try {
      const { files, problems } = await walk([folder]);
      expect(problems.map(({ where, what }) => [where, what])).toEqual([
        [join(folder, 'b-locked'), 'no permission to read'],
      ]);
      expect(files).toHaveLength(2);
    } finally {
      process.seteuid!(0);
    }
  }
  await chmod(join(folder, 'b-locked'), 0o755);
});

test('a loop of links', async () => {
  const folder = await folderWith({});
  await symlink(folder, join(folder, 'a-again'));
  await symlink(join(folder, 'b-self'), join(folder, 'b-self'));
  const { problems, stored } = await read(folder);
  expect(problems.map(({ what }) => what)).toEqual(['a loop of symbolic links']);
  expect(stored).toBe(1);
});

test('a line of 100 MB is left out, its neighbours are read, and it costs little memory', async () => {
  const before = process.memoryUsage.rss();
  const monster = Buffer.alloc(100 * 1024 * 1024, 'x');
  const folder = await folderWith({
    'a.log': Buffer.concat([
      Buffer.from(record({ uid: 'Cone' })),
      monster,
      Buffer.from(`\n${record({ uid: 'Ctwo' })}`),
    ]),
  });
  const { problems, stored, rejected } = await read(folder);
  expect(problems.map(({ where, what }) => [where, what])).toEqual([
    [join(folder, 'a.log:2'), 'line longer than 16 MiB'],
  ]);
  expect([stored, rejected]).toEqual([3, 0]);
  const lines = await bench.store.rows<{ line: number }>(
    'SELECT line FROM ftp_activity WHERE file = {file:String} ORDER BY line',
    { file: join(folder, 'a.log') },
  );
  expect(lines.map(({ line }) => line)).toEqual([1, 3]);
  expect(process.memoryUsage.rss() - before).toBeLessThan(700 * 1024 * 1024);
});

test('invalid UTF-8, NUL bytes and line separators of other worlds stay in their line', async () => {
  const broken = Buffer.from(record({ uid: 'Cbytes', arg: 'ftp://h/A' }));
  broken[broken.indexOf('h/A') + 2] = 0xff;
  const folder = await folderWith({
    'a.log': Buffer.concat([
      Buffer.from(record({ uid: 'Cfirst' })),
      broken,
      Buffer.from(record({ uid: 'Csep', arg: 'ftp://h/a\u2028b\u0085c' })),
      Buffer.from(record({ uid: 'Ccr' }).replace('\n', '\r\n')),
      Buffer.from(`\r\n\n${record({ uid: 'Clast' })}`),
    ]),
  });
  const { problems, stored, rejected } = await read(folder);
  expect(problems).toEqual([]);
  expect([stored, rejected]).toEqual([5, 1]);
  expect(await reasons(join(folder, 'a.log'))).toEqual(['not valid UTF-8']);
  const last = await bench.store.rows<{ line: number }>(
    "SELECT line FROM ftp_activity WHERE session_uid = 'Clast'",
  );
  expect(last).toEqual([{ line: 7 }]);
});

test('a Zeek header that changes in the middle', async () => {
  const [head, ...rows] = [
    conn.split('\n').filter((line) => line.startsWith('#')),
    ...conn.split('\n').filter((line) => line && !line.startsWith('#')),
  ] as [string[], ...string[]];
  const shuffled = head.map((line) =>
    line.replace('ts\tuid\t', 'uid\tts\t').replace('time\tstring\t', 'string\ttime\t'),
  );
  const swapped = rows[1]!.split('\t');
  const folder = await folderWith({
    'a-conn.log': [
      ...head,
      rows[0],
      '#close\tx',
      ...head,
      rows[2],
      '#close\tx',
      ...shuffled,
      [swapped[1], swapped[0], ...swapped.slice(2)].join('\t'),
      '',
    ].join('\n'),
  });
  const { problems, stored, rejected } = await read(folder);
  expect(problems).toEqual([]);
  expect([stored, rejected]).toEqual([4, 0]);
  const found = await bench.store.rows<{ session_uid: string; line: number }>(
    'SELECT session_uid, line FROM network_activity WHERE file = {file:String} ORDER BY line',
    { file: join(folder, 'a-conn.log') },
  );
  expect(found.map(({ line }) => line)).toEqual([8, 17, 26]);
  expect(found[2]!.session_uid).toBe(swapped[1]);
});

test('a Zeek row cut in the middle of a number is rejected', async () => {
  const folder = await folderWith({
    'a-conn.log': conn.slice(0, conn.lastIndexOf('\t', conn.lastIndexOf('\t', conn.length - 40) - 1) - 1),
  });
  const { rejected } = await read(folder);
  expect(rejected).toBe(1);
  expect((await reasons(join(folder, 'a-conn.log')))[0]).toMatch(/^cut off or shifted: \d+ of 16 fields$/);
});

test('unknown fields, far-future and impossible times, addresses of both families', async () => {
  const folder = await folderWith({
    'a.log': [
      record({ uid: 'Cunknown', brand_new: { deep: [1, 2] }, 'x.y': null }),
      record({ uid: 'C2', ts: '2199-01-01T00:00:00Z' }),
      record({ uid: 'C3', ts: 99999999999 }),
      // A capture whose clock starts at 0 is read as it is.
      record({ uid: 'Cfour', ts: 19.5 }),
      record({ uid: 'C4', ts: -19.5 }),
      record({ uid: 'C5', ts: 'yesterday' }),
      record({ uid: 'C6', ts: null }),
      record({ uid: 'Csix', 'id.orig_h': '2001:db8::1' }),
      record({ uid: 'Cmapped', 'id.orig_h': '::ffff:192.0.2.77' }),
      record({ uid: 'C9', 'id.orig_h': '192.0.2.300' }),
    ].join(''),
  });
  const { stored, rejected } = await read(folder);
  expect([stored, rejected]).toEqual([5, 6]);
  const why = await reasons(join(folder, 'a.log'));
  for (const [index, text] of [
    'out of range',
    '',
    'no time: -19.5',
    'no time: yesterday',
    'no time: missing',
    'no address: 192.0.2.300',
  ].entries()) {
    expect(why[index]).toContain(text);
  }
  const from = await bench.store.rows<{ ip: string }>(
    "SELECT ip_text(src_endpoint_ip) AS ip FROM ftp_activity WHERE session_uid IN ('Csix', 'Cmapped') ORDER BY session_uid DESC",
  );
  expect(from.map(({ ip }) => ip)).toEqual(['2001:db8::1', '192.0.2.77']);
});

const EVIL = [
  "a'; DROP TABLE load; --",
  '</script><img src=x onerror=alert(1)>',
  '\u001b[2J\u001b]0;owned\u0007',
  "\\'; SELECT 1; --",
  '{x:String}',
  '%s%n',
  '#{7*7}',
];

test('injections in values are data', async () => {
  const folder = await folderWith({
    'a.log': EVIL.map((text, index) => record({ uid: `Cevil${index}`, arg: `ftp://h/./${text}` })).join(''),
    'b.log': EVIL.map((text) => record({ 'id.orig_h': text })).join(''),
  });
  const { stored, rejected } = await read(folder);
  expect([stored, rejected]).toEqual([1 + EVIL.length, EVIL.length]);
  const names = await bench.store.rows<{ file_name: string }>(
    "SELECT file_name FROM ftp_activity WHERE startsWith(session_uid, 'Cevil') ORDER BY session_uid",
  );
  expect(names.map(({ file_name }) => file_name)).toEqual(EVIL);
  for (const [index, reason] of (await reasons(join(folder, 'b.log'))).entries())
    expect(reason).toContain(EVIL[index]);
});

test('injections and patterns in file names are names', async () => {
  const names = [
    "a'; DROP TABLE--.log",
    '*{a,b}?.log',
    'new\nline.log',
    '\u001b[31mred.log',
    'back\\slash\\.log',
    'tab\there.log',
    '{x:String}.log',
    '-rf.log',
    'ünï¢ode.log',
    '$(id).log',
    ' .log',
  ];
  const folder = await folderWith(
    Object.fromEntries(
      names.map((name, index) => [
        name,
        record({ uid: `Cname${index}` }) + record({ ts: 'x', uid: `bad${index}` }),
      ]),
    ),
  );
  const { problems, stored, rejected } = await read(folder);
  expect(problems).toEqual([]);
  expect([stored, rejected]).toEqual([1 + names.length, names.length]);
  const files = await bench.store.rows<{ file: string }>(
    "SELECT file FROM ftp_activity WHERE startsWith(session_uid, 'Cname') ORDER BY toUInt32(substring(session_uid, 6))",
  );
  expect(files.map(({ file }) => file)).toEqual(names.map((name) => join(folder, name)));
});

test('a file name that is no UTF-8 is named as a problem', async () => {
  const folder = await folderWith({});
  await writeFile(
    Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0xfe]), Buffer.from('.log')]),
    record({ uid: 'Clatin' }),
  );
  const { problems, stored } = await read(folder);
  expect(problems).toHaveLength(1);
  expect(stored).toBe(1);
});

test('line numbers of rejects hold in a log of many megabytes', async () => {
  const lines = Array.from({ length: 60_000 }, (_, index) =>
    record({ uid: `Cm${index}`, 'id.orig_p': index % 65_536, ts: 1_795_000_000 + index }),
  );
  lines[43_210] = record({ ts: 'never' });
  const folder = await folderWith({ 'a.log': lines.join('') });
  const { stored, rejected } = await read(folder);
  expect([stored, rejected]).toEqual([60_000, 1]);
  const letter = await bench.store.rows<{ line: number }>(
    'SELECT line FROM dead_letter WHERE file = {file:String}',
    { file: join(folder, 'a.log') },
  );
  expect(letter).toEqual([{ line: 43_211 }]);
});
