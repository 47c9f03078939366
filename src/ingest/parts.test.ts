import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contentFolder } from '../model/paths.js';
import type { Source } from '../model/source.js';
import { openLetter } from './envelopes.js';
import { type Part, partsOf } from './parts.js';
import { prepare, Spool } from './prepare.js';
import { readSources } from './sources.js';

const CONN =
  '{"_path":"conn","ts":1795241826.1,"uid":"C1","id.orig_h":"192.0.2.10","id.orig_p":4,"id.resp_h":"198.51.100.10","id.resp_p":80,"proto":"tcp","conn_state":"SF"}';
const DNS =
  '{"_path":"dns","ts":1795241826.2,"uid":"C2","id.orig_h":"192.0.2.10","id.orig_p":5,"id.resp_h":"198.51.100.10","id.resp_p":53,"query":"a.example.net","trans_id":1,"rejected":false}';
const OTHER = '{"_path":"own_script","ts":1795241826.3,"level":"info","message":"x"}';
const AUDIT =
  '{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"00000000-0000-4000-8000-000000000001","stage":"ResponseComplete","verb":"get","requestURI":"/api"}';

let folder: string;
let sources: Source[];
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-'));
  sources = await readSources(contentFolder('sources'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function parts(text: string, known = sources): Promise<Part[]> {
  count += 1;
  const path = join(folder, `${count}.txt`);
  await writeFile(path, text);
  const spool = await Spool.in(join(folder, `${count}.spool`));
  return partsOf(await prepare({ path, bytes: Buffer.byteLength(text) }, spool), known, spool);
}

const named = async (text: string) =>
  Promise.all(
    (await parts(text)).map(async ({ recognition, stretch }) => [
      recognition?.source.id ?? null,
      stretch.rows,
      (await readFile(stretch.plainPath, 'utf8')).replace(/\n$/, '').split('\n'),
    ]),
  );

describe('syslog', () => {
  const kernel = (text: string) => `2026-11-21T08:00:00.5+00:00 lab kernel: [ 4000.000001] ${text}`;
  const PACKET = kernel(
    'IN=br0 OUT=eth0 SRC=10.20.0.15 DST=198.51.100.10 LEN=40 TOS=0x00 PREC=0x00 TTL=63 ID=3 PROTO=UDP SPT=41000 DPT=53 LEN=20 ',
  );
  const CARRIED = `2026-11-21T08:00:01.5+00:00 lab zeek[7]: ${CONN}`;

  test('keeps the lines of the firewall, whose time is the envelope’s, and gives out what programs printed', async () => {
    expect(await named([PACKET, CARRIED, kernel('eth0: link up'), PACKET].join('\n'))).toEqual([
      ['netfilter-log', 2, [PACKET, '', '', PACKET]],
      ['zeek-conn', 1, ['', CONN]],
      [null, 1, ['', '', '[ 4000.000001] eth0: link up']],
    ]);
  });

  test('believes no packet that somebody had a server write', async () => {
    const forged = `Nov 21 03:00:00 lab sshd[8]: Invalid user ${PACKET.slice(PACKET.indexOf('IN='))} from 203.0.113.9 port 5`;
    expect((await named([PACKET, forged].join('\n'))).map(([id]) => id)).toEqual([
      'netfilter-log',
      'syslog-other',
    ]);
  });

  test('tells what the kernel says beside the firewall as what it is, not as broken lines of it', async () => {
    expect(await named([PACKET, kernel('eth0: link up'), PACKET].join('\n'))).toEqual([
      ['netfilter-log', 2, [PACKET, '', PACKET]],
      ['syslog-other', 1, ['', kernel('eth0: link up')]],
    ]);
  });
});

describe('a mixed log', () => {
  test('is parted by source; lines keep their numbers', async () => {
    expect(await named(`${CONN}\n${DNS}\n\n${CONN}\n`)).toEqual([
      ['zeek-conn', 2, [CONN, '', '', CONN]],
      ['zeek-dns', 1, ['', DNS]],
    ]);
  });

  test('tells what no source reads, and where it begins', async () => {
    const all = await parts([CONN, DNS, OTHER, CONN, OTHER].join('\n'));
    const unknown = all.find(({ recognition }) => recognition === null)!.stretch;
    expect([unknown.rows, unknown.firstRow]).toEqual([2, 3]);
  });

  test('a record longer than a sample is named like any other', async () => {
    const long = DNS.replace('"query":"a', `"padding":"${'x'.repeat(100_000)}","query":"a`);
    expect((await parts([CONN, DNS, long].join('\n'))).map(({ stretch }) => stretch.rows)).toEqual([1, 2]);
  });

  test('a source that no sample shows is found', async () => {
    const lines = [CONN, DNS, ...Array.from({ length: 20 }, () => CONN), AUDIT];
    expect((await named(lines.join('\n'))).map(([id, rows]) => [id, rows])).toEqual([
      ['zeek-conn', 21],
      ['zeek-dns', 1],
      ['kubernetes-audit', 1],
    ]);
  });

  test('a line cut in half stays with the line before it', async () => {
    expect(await named(`${CONN}\n${DNS}\n${DNS.slice(0, 40)}\n${CONN}\n`)).toEqual([
      ['zeek-conn', 2, [CONN, '', '', CONN]],
      ['zeek-dns', 2, ['', DNS, DNS.slice(0, 40)]],
    ]);
  });

  test('a log of one source is left as it is, unless its source says that it is mixed', async () => {
    const text = [...Array.from({ length: 19 }, () => CONN), DNS].join('\n');
    expect((await parts(text)).map(({ stretch }) => stretch.rows)).toEqual([20]);
    const asMixed = sources.map((source) =>
      source.id === 'zeek-conn' ? { ...source, mixed: true } : source,
    );
    expect((await parts(text, asMixed)).map(({ stretch }) => stretch.rows)).toEqual([19, 1]);
  });
});

const docker = (text: string, stream = 'stdout') =>
  JSON.stringify({ log: text, stream, time: '2026-11-21T03:00:00Z' });

/** An entry of the journal that a container wrote, or for null a program of the host. */
const journal = (container: number | null, text: string, { isPart = false, priority = '6' } = {}) =>
  JSON.stringify({
    ...{ __REALTIME_TIMESTAMP: '1', PRIORITY: priority, MESSAGE: text },
    ...(container && {
      CONTAINER_ID_FULL: `${container}`.padStart(64, '0'),
      CONTAINER_NAME: `c${container}`,
    }),
    ...(isPart && { CONTAINER_PARTIAL_MESSAGE: 'true' }),
  });

describe('envelopes', () => {
  test.each([
    ['Docker’s json-file', docker(`${AUDIT}\n`)],
    ['CRI', `2026-11-21T03:00:00.1Z stdout F ${AUDIT}`],
    [
      'Filebeat',
      JSON.stringify({ '@timestamp': '2026-11-21T03:00:00Z', message: AUDIT, agent: { type: 'filebeat' } }),
    ],
    [
      'Filebeat with where it read the line',
      JSON.stringify({
        log: { offset: 0, file: { path: '/var/log/x' } },
        event: { dataset: 'x' },
        message: AUDIT,
      }),
    ],
    ['Fluent Bit with a parsed record', JSON.stringify({ date: 1, log: JSON.parse(AUDIT) })],
    ['journald', JSON.stringify({ __REALTIME_TIMESTAMP: '1', MESSAGE: AUDIT })],
    ['Splunk’s collector', JSON.stringify({ time: 1, event: JSON.parse(AUDIT) })],
    ['syslog, RFC 3164', `<134>Nov 21 03:00:00 node1 audit[12]: ${AUDIT}`],
    ['syslog, RFC 5424', `<134>1 2026-11-21T03:00:00Z node1 audit 12 - [a b="]\\""] ${AUDIT}`],
    ['CloudWatch’s export', `2026-11-21T03:00:00.000Z ${AUDIT}`],
    ['two around each other', JSON.stringify({ message: docker(`${AUDIT}\n`) })],
    ['a record over several lines', docker(`${JSON.stringify(JSON.parse(AUDIT), null, 1)}\n`)],
  ])('%s', async (_, line) => {
    expect(await named(`${line}\n`)).toEqual([['kubernetes-audit', 1, [AUDIT]]]);
  });

  test('what CloudWatch’s subscriptions bundle', async () => {
    const events = [AUDIT, AUDIT].map((message, id) => ({ id: String(id), timestamp: 1, message }));
    const line = JSON.stringify({
      messageType: 'DATA_MESSAGE',
      owner: '1',
      logGroup: 'g',
      logEvents: events,
    });
    expect(await named(`${line}\n${line}\n`)).toEqual([
      ['kubernetes-audit', 4, [AUDIT, AUDIT, AUDIT, AUDIT]],
    ]);
  });

  test('parts of a cut record come together, stream by stream, on the line of the last', async () => {
    const [a, b] = [AUDIT.slice(0, 30), AUDIT.slice(30)];
    const lines = [
      ...[docker(`${AUDIT}\n`), docker(a), docker('x', 'stderr'), docker(`${b}\n`), docker('y\n', 'stderr')],
    ];
    expect(await named(lines.join('\n'))).toEqual([
      ['kubernetes-audit', 2, [AUDIT, '', '', AUDIT]],
      [null, 1, ['', '', '', '', 'xy']],
    ]);
  });

  test('parts that containers wrote to the journal come together, container by container and output by output', async () => {
    const [a, b] = [AUDIT.slice(0, 30), AUDIT.slice(30)];
    const lines = [
      journal(1, a, { isPart: true }),
      journal(2, 'x', { isPart: true }),
      journal(1, 'y', { isPart: true, priority: '3' }),
      journal(1, b),
      journal(2, AUDIT),
      journal(1, 'z', { priority: '3' }),
      journal(null, AUDIT, { isPart: true }),
    ];
    expect(await named(lines.join('\n'))).toEqual([
      ['kubernetes-audit', 2, ['', '', '', AUDIT, '', '', AUDIT]],
      [null, 2, ['', '', '', '', `x${AUDIT}`, 'yz']],
    ]);
  });

  test('no more records are held than there is room for', async () => {
    const begun = Array.from({ length: 40 }, (_, id) => journal(id + 1, '{"a":', { isPart: true }));
    const [first] = await named([journal(99, AUDIT), ...begun].join('\n'));
    const lines = (first as [string, number, string[]])[2];
    expect(lines.slice(1, 41).filter((line) => line !== '')).toHaveLength(40 - 16);
    expect(lines.slice(41)).toHaveLength(16);
  });

  test('what calls itself a stream is none: each would hold a record in memory', async () => {
    const lines = [docker(`${AUDIT}\n`), docker(AUDIT.slice(0, 30), 'other')];
    expect((await named(lines.join('\n')))[0]).toEqual(['kubernetes-audit', 2, [AUDIT, AUDIT.slice(0, 30)]]);
  });

  test('an empty field does not hide the record in another', async () => {
    const line = JSON.stringify({ message: '', event: JSON.parse(AUDIT) });
    expect(await named(line)).toEqual([['kubernetes-audit', 1, [AUDIT]]]);
  });

  test('a log that ends within a record keeps what there is of it', async () => {
    const cut = AUDIT.slice(0, 30);
    expect(await named([docker(`${AUDIT}\n`), docker(cut)].join('\n'))).toEqual([
      ['kubernetes-audit', 2, [AUDIT, '', cut]],
    ]);
  });

  test('what programs write beside known records is told, not rejected', async () => {
    const lines = [docker(`${AUDIT}\n`), docker('listening on :80\n'), docker(`${AUDIT.slice(0, 30)}\n`)];
    expect(await named(lines.join('\n'))).toEqual([
      ['kubernetes-audit', 2, [AUDIT, '', AUDIT.slice(0, 30)]],
      [null, 1, ['', 'listening on :80']],
    ]);
  });

  test('what holds nothing known is left as it is', async () => {
    const line = docker('hello\n');
    expect(await named(line)).toEqual([[null, 1, [line]]]);
  });

  test.each(['<1>1 a b c d e [', '<1>1 a b c d e ["', 'Nov 21 03:00:00 h ', '<1>1 ', ''])(
    'no line is too long for the reader: %j',
    (head) => {
      expect(() => openLetter(head + 'x'.repeat(16_000_000))).not.toThrow();
    },
  );

  test('what is nested deeper than can be written is no envelope', () => {
    expect(openLetter(`{"log":{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}}`)).toBe(null);
  });

  test('no line makes the reader fail', () => {
    fc.assert(fc.property(fc.string(), (line) => void openLetter(line)));
    fc.assert(fc.property(fc.json(), (line) => void openLetter(`{"log":${line}}`)));
  });
});
