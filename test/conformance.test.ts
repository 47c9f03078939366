/**
 * Logs other people wrote, read in place where they lie beside the checkout (../shared/data/external), never copied.
 * Their ground truth is in their folders' own notes; docs/quality.md has the figures.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HuntResult } from '../src/model/hunt-result.js';
import { PACKAGE_ROOT } from '../src/model/paths.js';
import { hunting } from './hunting.js';

const { hunt } = hunting();

const EXTERNAL = join(PACKAGE_ROOT, '..', 'shared', 'data', 'external');
const isHere = existsSync(EXTERNAL);
if (!isHere) console.log('SKIP: no folder of external logs beside the checkout; conformance is not tested');

interface Expectation {
  set: string;
  /** Files read per source: every log of these kinds that is there. */
  files: Record<string, number>;
  /** Rows stored and rejected together, per source, at least: nothing may go missing. */
  maxRejected: number;
  open: { technique: string; entity: string }[];
  /** Entities that must be among the candidates, ahead of every other. */
  first?: string[];
  beacon?: string;
}

const EXPECTATIONS: Expectation[] = [
  {
    set: 'rita/proxy',
    files: { 'zeek-conn': 1, 'zeek-http': 1, 'zeek-ssl': 1, 'zeek-dns': 1 },
    maxRejected: 0,
    open: [],
    beacon: 'www.honestimnotevil.com',
  },
  {
    set: 'rita/proxy_rolling',
    files: { 'zeek-conn': 2, 'zeek-http': 2, 'zeek-ssl': 2, 'zeek-dns': 2 },
    maxRejected: 0,
    open: [],
  },
  { set: 'rita/valid_json', files: { 'zeek-http': 1 }, maxRejected: 0, open: [], beacon: 'www.alexa.com' },
  {
    set: 'corelight',
    files: { 'zeek-conn': 8, 'zeek-http': 7, 'zeek-ssl': 4, 'zeek-dns': 4 },
    maxRejected: 0,
    open: [],
    first: ['172.18.0.3', '192.168.100.134'],
  },
  {
    set: 'stratosphere',
    files: { 'zeek-conn': 8, 'zeek-http': 5, 'zeek-ssl': 3, 'zeek-dns': 4 },
    maxRejected: 0,
    open: [{ technique: 'T1567', entity: '10.8.0.61' }],
  },
  {
    set: 'slips',
    files: { 'argus-csv': 5, 'zeek-conn': 7, 'zeek-http': 2, 'zeek-ssl': 3, 'zeek-dns': 2 },
    maxRejected: 0,
    open: [],
  },
  {
    set: 'vast-m57',
    files: {
      'zeek-conn': 5,
      'zeek-http': 5,
      'zeek-ssl': 2,
      'zeek-dns': 4,
      'argus-csv': 1,
      'suricata-flow': 2,
    },
    maxRejected: 1,
    open: [],
  },
  { set: 'zed', files: { 'zeek-ssl': 2, 'zeek-dns': 2, 'zeek-ftp': 2 }, maxRejected: 0, open: [] },
];

describe.skipIf(!isHere).each(EXPECTATIONS)('$set', (expected) => {
  let result: HuntResult;
  beforeAll(async () => {
    result = await hunt([join(EXTERNAL, expected.set)]);
  });

  test('every log of a known kind is read, and every row is accounted for', () => {
    const files = Object.fromEntries(result.report.inputs.map((input) => [input.source, input.files]));
    expect(files).toMatchObject(expected.files);
    expect(result.mismatches).toEqual([]);
    expect(result.deadLetters.total).toBeLessThanOrEqual(expected.maxRejected);
  });

  test('alerts are the documented uploads and nothing else', () => {
    const open = result.report.findings.filter((finding) => finding.status === 'open');
    expect(open.map((finding) => ({ technique: finding.technique, entity: finding.entity.name }))).toEqual(
      expected.open,
    );
  });

  test('uploads too small for an alert rank above everything benign; beacons without upload are only shown', () => {
    const candidates = result.report.findings.filter((finding) => finding.status === 'candidate');
    const first = expected.first ?? [];
    expect(candidates.slice(0, first.length).map((finding) => finding.entity.name)).toEqual(first);
    const shown = result.beacons.map((beacon) => beacon.destination).join(' ');
    expect(shown).toContain(expected.beacon ?? '');
  });
});

/** Events as sensors' documentation and tests show them, in {_src, event}: taken out, and given back as their products write them. */
describe.skipIf(!isHere)('runtime-samples', () => {
  interface Sample {
    _src: string;
    event: Record<string, unknown>;
  }
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stowaway-runtime-samples-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  async function huntSamples(name: string, sql: Record<string, string>) {
    const text = await readFile(join(EXTERNAL, 'runtime-samples', `${name}.jsonl`), 'utf8');
    const events = text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as Sample).event);
    const file = join(folder, `${name}.log`);
    await writeFile(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    const asked: Record<string, Record<string, unknown>[]> = {};
    const result = await hunt([file], {
      async inspect(store) {
        for (const [key, query] of Object.entries(sql)) asked[key] = await store.rows(query);
      },
    });
    expect(result.mismatches).toEqual([]);
    const read = Object.fromEntries(
      result.report.inputs.map(({ source, events: stored, rejected }) => [source, [stored, rejected]]),
    );
    return { events, asked, read, reasons: result.deadLetters.sample.map(({ reason }) => reason) };
  }

  test('Tetragon: every kind of event, and the bytes of closed connections', async () => {
    const { events, asked, read, reasons } = await huntSamples('tetragon', {
      launched: "SELECT count() AS n FROM process_activity WHERE activity = 'launch'",
      exits: "SELECT count() AS n FROM process_activity WHERE activity = 'exit'",
      bytes:
        'SELECT toUInt64(sum(traffic_bytes_out)) AS sent, toUInt64(sum(traffic_bytes_in)) AS received, countIf(has_bytes) AS counted FROM network_activity',
      containers: `SELECT line, container_uid AS uid FROM (SELECT line, container_uid FROM process_activity UNION ALL
        SELECT line, container_uid FROM network_activity UNION ALL SELECT line, container_uid FROM file_activity) ORDER BY line`,
    });
    expect(read).toEqual({
      'tetragon-file': [6, 0],
      'tetragon-network': [9, 0],
      'tetragon-process': [47, 3],
    });
    // Written by hand in tests: a binary and nothing else.
    expect(reasons).toEqual(Array(3).fill('time is no time: missing'));
    const timed = (kind: string) =>
      events.filter((event) => {
        const { process } = (event[kind] ?? {}) as { process?: { start_time?: string } };
        return process && (event.time || process.start_time);
      });
    expect(asked.launched).toEqual([{ n: timed('process_exec').length }]);
    expect(asked.exits).toEqual([{ n: timed('process_exit').length }]);
    const stats = events
      .map((event) => (event.process_close as { stats?: Record<string, string> } | undefined)?.stats)
      .filter((one) => one !== undefined);
    const sum = (key: string) => stats.reduce((total, one) => total + Number(one[key] ?? 0), 0);
    expect(asked.bytes).toEqual([
      { sent: sum('bytes_sent'), received: sum('bytes_received'), counted: stats.length },
    ]);
    for (const { line, uid } of asked.containers as { line: number; uid: string }[]) {
      const [event] = Object.values(events[line - 1]!) as { process?: { docker?: string } }[];
      expect(uid.slice(0, 12), `line ${line}`).toBe(event?.process?.docker?.slice(0, 12) ?? '');
    }
  });

  test('Falco and falcosidekick: commands and containers of alerts, and the audit plug-in by itself', async () => {
    for (const [name, expected] of [
      ['falco', { falco: [15, 0], 'falco-k8s-audit': [6, 0] }],
      ['falco-sidekick', { falco: [6, 1] }],
    ] as const) {
      const { events, asked, read } = await huntSamples(name, {
        rows: 'SELECT line, cmd_line, container_uid AS uid, pod, namespace, rule FROM process_activity ORDER BY line',
      });
      // One alert of falcosidekick has a Go expression where its time should be.
      expect(read).toEqual(expected);
      for (const row of asked.rows!) {
        const event = events[(row.line as number) - 1]!;
        const fields = event.output_fields as Record<string, string | null>;
        expect(row).toMatchObject({
          ...{ rule: event.rule, cmd_line: fields['proc.cmdline'] ?? '', uid: fields['container.id'] ?? '' },
          ...{ pod: fields['k8s.pod.name'] ?? '', namespace: fields['k8s.ns.name'] ?? '' },
        });
      }
    }
  });

  test('Tracee: events of its own structure; what is not of it stays unread', async () => {
    const { events, asked, read, reasons } = await huntSamples('tracee', {
      rows: 'SELECT line, activity, rule, pid, container_uid AS uid FROM process_activity ORDER BY line',
      files: 'SELECT line, activity, file_path AS path FROM file_activity ORDER BY line',
    });
    expect(read).toEqual({ 'tracee-file': [3, 2], 'tracee-process': [13, 0] });
    // Two reads of something that has no name.
    expect(reasons).toEqual(Array(2).fill('the event names no file'));
    for (const row of asked.rows!) {
      const event = events[(row.line as number) - 1]!;
      expect(row).toMatchObject({ pid: event.hostProcessId, uid: event.containerId ?? '' });
      expect([event.eventName, '']).toContain(row.rule);
    }
    expect(asked.files!.map(({ activity, path }) => [activity, path])).toEqual([
      ['open_write', '/tmp/testing.txt'],
      ['open_write', '/tmp/testing.txt'],
      ['read', '/proc/meminfo'],
    ]);
  });

  test('KubeArmor: what passed is done, what was refused is not; events without a time are refused', async () => {
    const { events, asked, read } = await huntSamples('kubearmor', {
      rows: "SELECT line, activity, cmd_line, container_uid AS uid FROM process_activity WHERE activity LIKE 'launch%' ORDER BY line",
      files: 'SELECT line, activity, file_path AS path FROM file_activity ORDER BY line',
    });
    const isTimed = (event: Record<string, unknown>) => 'UpdatedTime' in event || 'Timestamp' in event;
    const count = (isFile: boolean, timed: boolean) =>
      events.filter((event) => (event.Operation === 'File') === isFile && isTimed(event) === timed).length;
    expect(read).toEqual({
      'kubearmor-file': [count(true, true), count(true, false)],
      'kubearmor-process': [count(false, true), count(false, false)],
    });
    for (const row of asked.rows!) {
      const event = events[(row.line as number) - 1]!;
      const passed = event.Result === 'Passed';
      expect(row).toMatchObject({
        ...{ activity: passed ? 'launch' : 'launch_failed', cmd_line: passed ? event.Resource : '' },
        uid: event.ContainerID ?? '',
      });
    }
    for (const row of asked.files!) {
      const event = events[(row.line as number) - 1]!;
      expect(row.path).toBe(event.Resource);
      expect(row.activity === 'failed').toBe(event.Result !== 'Passed');
    }
  });
});
