/**
 * What other people's runtimes, hosts and clusters wrote, read in place where it lies beside the checkout, never copied into it: audit records,
 * Inspektor Gadget's events, and the pods that an API server's audit log shows in its answers. Compared with another reading of the same lines.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../src/model/paths.js';
import { type Bench, openBench } from './embedded-store.js';

const EXTERNAL = process.env.STOWAWAY_EXTERNAL ?? join(PACKAGE_ROOT, '..', 'shared', 'data', 'external');
const isHere = existsSync(EXTERNAL);
if (!isHere)
  console.log('SKIP: no folder of external logs beside the checkout; runtime conformance is not tested');

// biome-ignore lint/suspicious/noExplicitAny: what a stranger wrote
type Fields = Record<string, any>;

const linesOf = (path: string): string[] =>
  readFileSync(join(EXTERNAL, path), 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');

describe.skipIf(!isHere)('conformance', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await openBench();
  });
  afterAll(async () => {
    await bench[Symbol.asyncDispose]();
  });

  /** Reads a file; its content may be known already from a twin. */
  async function read(path: string): Promise<string[]> {
    const { mismatches, problems } = await bench.ingest(path);
    expect(mismatches).toEqual([]);
    return problems.map((problem) => `${problem.level}: ${problem.what}`);
  }

  test('audit: each event with a started program is a row, its arguments those of its EXECVE record', async () => {
    const root = 'crowdsec/.tests';
    const logs = readdirSync(join(EXTERNAL, root)).filter((name) => name.startsWith('auditd-'));
    expect(logs.length).toBeGreaterThan(3);
    const events = new Map<string, string[]>();
    for (const name of logs) {
      const path = `${root}/${name}/${name}.log`;
      await read(join(EXTERNAL, path));
      for (const line of linesOf(path)) {
        const id = /msg=audit\((\S+)\)/.exec(line)![1]!;
        events.set(id, [...(events.get(id) ?? []), line]);
      }
    }
    const starts = [...events].filter(([, lines]) =>
      lines.some((line) => /^type=SYSCALL .* syscall=59 /.test(line)),
    );
    const expected = starts.map(([id, lines]) => {
      const call = lines.find((line) => line.startsWith('type=SYSCALL'))!;
      const given = lines.find((line) => line.startsWith('type=EXECVE'));
      return {
        time: Math.round(Number(id.split(':')[0]) * 1000),
        pid: Number(/ pid=(\d+)/.exec(call)![1]),
        name: /comm="([^"]*)"/.exec(call)![1],
        activity: / success=yes /.test(call) ? 'launch' : 'launch_failed',
        words: given ? [...given.matchAll(/ a\d+="([^"]*)"/g)].map(([, word]) => word).join(' ') : '',
      };
    });
    const rows = await bench.store.rows(
      `SELECT toUnixTimestamp64Milli(time) AS time, pid, process_name AS name, activity, cmd_line AS words FROM process_activity
       WHERE source = 'auditd-process' ORDER BY process_activity.time, pid`,
    );
    const key = (row: Fields) => `${row.time} ${String(row.pid).padStart(9)}`;
    expect(rows.map((row) => ({ ...(row as Fields), time: Number((row as Fields).time) }))).toEqual(
      expected.sort((a, b) => key(a).localeCompare(key(b))),
    );
    expect(rows.length).toBeGreaterThan(15);
  });

  test('Inspektor Gadget: each documented event is read by its source, or told', async () => {
    const events = linesOf('runtime-samples/inspektor.jsonl').map(
      (line) => (JSON.parse(line) as Fields).event as Fields,
    );
    const file = join(bench.folder, 'gadget.ndjson');
    writeFileSync(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    const notes = (await read(file)).join('\n');
    const opens = events.filter((event) => event.fname !== undefined || event.mountnsid !== undefined);
    const timed = opens.filter((event) => event.timestamp !== undefined);
    const connects = events.filter((event) => event.type === 'connect');
    const [loaded] = await bench.store.rows<Fields>(
      `SELECT sumIf(rows_read, source = 'inspektor-gadget-open') AS opens, sumIf(rows_stored, source = 'inspektor-gadget-open') AS timed,
         sumIf(rows_stored, source = 'inspektor-gadget-tcp') AS connects FROM load`,
    );
    expect(loaded).toEqual({ opens: opens.length, timed: timed.length, connects: connects.length });
    expect(notes).toContain('known as inspektor-gadget-other');
    const rows = await bench.store.rows<Fields>(
      `SELECT ip_text(src_endpoint_ip) AS source, src_endpoint_port AS port, ip_text(dst_endpoint_ip) AS destination, container_uid AS container
       FROM network_activity WHERE source = 'inspektor-gadget-tcp' ORDER BY network_activity.time`,
    );
    expect(rows).toEqual(
      connects
        .sort((a, b) => a.timestamp_raw - b.timestamp_raw)
        .map((event) => ({
          ...{ source: event.src.addr, port: event.src.port, destination: event.dst.addr },
          container: event.runtime.containerId,
        })),
    );
  });

  test('pods of two clusters, as their API servers answered, hold the addresses and containers their status says', async () => {
    const pods = new Map<string, Fields>();
    for (const folder of ['DemArk939', 'vladimir-v-ivanov']) {
      for (const line of linesOf(`k8s-audit/${folder}/audit.log`)) {
        const answer = (JSON.parse(line) as Fields).responseObject as Fields | undefined;
        for (const one of (answer?.items as Fields[] | undefined) ?? (answer ? [answer] : []))
          if (one.spec?.containers && one.status?.phase && one.metadata?.uid)
            pods.set(JSON.stringify([one.metadata.uid, one.metadata.resourceVersion]), one);
      }
    }
    expect(pods.size).toBeGreaterThan(10);
    const file = join(bench.folder, 'pods.ndjson');
    writeFileSync(file, [...pods.values()].map((pod) => `${JSON.stringify(pod)}\n`).join(''));
    expect(await read(file)).toEqual([]);
    const statuses = (pod: Fields): Fields[] =>
      ['initContainerStatuses', 'containerStatuses', 'ephemeralContainerStatuses'].flatMap(
        (list) => pod.status[list] ?? [],
      );
    const all = [...pods.values()];
    const [load] = await bench.store.rows<Fields>(
      "SELECT sum(rows_read) AS read, sum(rows_rejected) AS rejected FROM load WHERE source = 'kubernetes-pods'",
    );
    expect(load).toEqual({
      read: all.reduce((sum, pod) => sum + 1 + statuses(pod).length, 0),
      rejected: 0,
    });
    const held = await bench.store.rows<Fields>(
      `SELECT DISTINCT pod, ip_text(tupleElement(address, 'ip')) AS ip FROM container_inventory ARRAY JOIN addresses AS address ORDER BY pod, ip`,
    );
    const holders = all
      .filter((pod) => !pod.spec.hostNetwork)
      .flatMap((pod) => (pod.status.podIPs ?? []).map(({ ip }: Fields) => `${pod.metadata.name} ${ip}`));
    expect(held.map(({ pod, ip }) => `${pod} ${ip}`)).toEqual([...new Set(holders)].sort());
    const known = await bench.store.rows<Fields>(
      "SELECT DISTINCT container_uid AS id, container_name AS name FROM container_inventory WHERE node != '' AND position(container_uid, '/') = 0 ORDER BY id",
    );
    const running = all.flatMap(statuses).filter(({ containerID }) => containerID);
    expect(known.map(({ id, name }) => `${id} ${name}`)).toEqual(
      [...new Set(running.map((one) => `${one.containerID.replace(/^.*:\/\//, '')} ${one.name}`))].sort(),
    );
  });
});
