import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fieldsOf, QUERY_TABLE_NAMES } from '../../model/event-query/tables.js';
import { termText } from '../../model/event-query/terms.js';
import type { Store } from '../../store/store.js';
import { openLiveStore } from '../open-store.js';
import { Explore } from './explore.js';

const NOW = new Date('2026-11-22T15:00:00Z');
const HOSTILE = [
  `'; DROP TABLE connection; --`,
  `x' OR 1=1 OR '`,
  `\\'`,
  `{v0:String}`,
  `%`,
  `_`,
  `*`,
  `"`,
  `a\nb\u0000c`,
  `\u202egnp.exe`,
  '`time`',
  `$(id)`,
  `😀 -- /* */`,
];

const at = (secondsAgo: number): string =>
  new Date(NOW.getTime() - secondsAgo * 1000).toISOString().replace('T', ' ').slice(0, -1);

const connection = (more: Record<string, unknown>): Record<string, unknown> => ({
  ...{
    time: at(600),
    end_time: at(590),
    src_ip: '10.0.0.5',
    src_port: 40_000,
    dst_ip: '198.51.100.7',
    dst_port: 443,
  },
  ...{
    protocol: 'tcp',
    bytes_out: 1000,
    bytes_in: 100,
    packets_out: 5,
    packets_in: 4,
    has_bytes: 1,
    app: 'ssl',
  },
  ...{
    state: 'SF',
    domain: '',
    peer: 'files.example',
    entity_id: 'workload:prod/app1',
    attribution: 'ip+time',
  },
  ...{ confidence: 0.9, is_src_inside: 1, sources: ['zeek-conn'], connections: 1 },
  ...more,
});

const hour = (more: Record<string, unknown>): Record<string, unknown> => ({
  ...{
    entity_id: 'workload:prod/app1',
    role: 'initiator',
    peer: 'files.example',
    peer_port: 443,
    app: 'ssl',
  },
  ...{
    hour: at(5 * 86_400)
      .slice(0, 13)
      .concat(':00:00'),
    first_minute: at(5 * 86_400).slice(0, 19),
  },
  ...{ last_minute: at(5 * 86_400).slice(0, 19), bytes_out: 1000, connections: 1 },
  ...more,
});

describe('stored events', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stowaway-explore-'));
  let store: Store;
  let explore: Explore;

  beforeAll(async () => {
    store = await openLiveStore({ path: join(folder, 'store') });
    explore = new Explore(store, () => NOW);
    await store.insert('connection', [
      connection({}),
      connection({ time: at(500), src_port: 40_001, bytes_out: 5_000_000, peer: 'new.example' }),
      connection({ time: at(400), app: 'ssh', dst_port: 22, dst_ip: '2001:db8::7', peer: '2001:db8::7' }),
      connection({
        ...{ time: at(300), dst_ip: '10.0.0.9', peer: '10.0.0.9', dst_entity_id: 'workload:prod/db' },
        is_dst_inside: 1,
      }),
      connection({ time: at(3 * 86_400), peer: 'old.example' }),
      ...HOSTILE.map((peer, index) =>
        connection({ time: at(200 - index), entity_id: 'container:0123456789ab', peer, domain: peer }),
      ),
      ...Array.from({ length: 30 }, (_, index) =>
        connection({ time: at(7000 - index * 60), entity_id: 'workload:prod/cron', peer: 'tick.example' }),
      ),
    ]);
    await store.insert('egress_hour', [hour({}), hour({ peer: 'old.example' })]);
    await store.insert('finding', [
      {
        ...{ uid: 'f1', version: 1, strategy: 'T1567-x', entity_kind: 'workload', entity_name: 'prod/app1' },
        ...{ incident: 'i', severity: 'high', status: 'open', state: 'open', score: 0.9 },
        ...{ window_from: at(520), window_to: at(480), opened_at: at(480), updated_at: at(480) },
        ...{ searched: '', finding: '{"technique":"T1567"}', detail: '' },
      },
    ]);
  });
  afterAll(async () => {
    await store?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const peers = async (filter: string): Promise<unknown[]> => {
    const { rows } = await explore.rows({
      table: 'connection',
      filter: `-peer:tick.example -entity:container:* ${filter}`,
    });
    return rows.map(({ fields }) => fields.peer);
  };

  test.each([
    ['', ['10.0.0.9', '2001:db8::7', 'new.example', 'files.example']],
    ['app:SSH', ['2001:db8::7']],
    ['-app:ssh peer:*.EXAMPLE', ['new.example', 'files.example']],
    ['bytes_out>1MB', ['new.example']],
    ['dst_ip:198.51.100.0/24', ['new.example', 'files.example']],
    ['dst_ip:2001:db8::/32', ['2001:db8::7']],
    ['dst_entity:prod/db', ['10.0.0.9']],
    ['dst_entity:workload:prod/*', ['10.0.0.9']],
    ['dst_entity:prod/*,nobody', ['10.0.0.9']],
    ['is_dst_inside:yes', ['10.0.0.9']],
    ['sources:zeek-conn new', ['new.example']],
    ['time>-7m', ['10.0.0.9', '2001:db8::7']],
    ['time>-7d old', ['old.example']],
    ['entity:nobody', []],
  ])('by %s', async (filter, expected) => {
    expect(await peers(filter)).toEqual(expected);
  });

  test('say which finding is about them at their time', async () => {
    const { rows } = await explore.rows({ table: 'connection', filter: 'peer:new.example,10.0.0.9' });
    expect(rows.map(({ findings }) => findings)).toEqual([[], [{ uid: 'f1', technique: 'T1567' }]]);
  });

  test('come page by page without a gap, and by size', async () => {
    const all = await explore.rows({ table: 'connection', filter: '', limit: 500 });
    const pages = await Promise.all(
      [0, 10, 20, 30, 40].map((offset) =>
        explore.rows({ table: 'connection', filter: '', limit: 10, offset }),
      ),
    );
    expect(pages.flatMap(({ rows }) => rows)).toEqual(all.rows);
    const [largest] = (await explore.rows({ table: 'connection', filter: '', sort: 'bytes_out' })).rows;
    expect(largest!.fields.peer).toBe('new.example');
    await expect(explore.rows({ table: 'connection', filter: '', sort: 'peer' })).rejects.toThrow(
      'bytes_out',
    );
    await expect(explore.rows({ table: 'connection', filter: '', sort: '1; SELECT 1' })).rejects.toThrow(
      'no such field',
    );
  });

  test('are counted as they are listed, over time and by value', async () => {
    const { rows } = await explore.rows({ table: 'connection', filter: '', limit: 500 });
    const histogram = await explore.histogram({ table: 'connection', filter: '' });
    expect(histogram.total).toBe(rows.length);
    expect(histogram.rows_span).toEqual({
      from: rows.at(-1)!.fields.time,
      to: rows[0]!.fields.time,
    });
    const sum = rows.reduce((all, { fields }) => all + Number(fields.bytes_out), 0);
    expect(histogram.buckets.reduce((all, { bytes }) => all + bytes, 0)).toBe(sum);
    const values = await explore.values({ table: 'connection', filter: '', field: 'app' });
    expect(values).toMatchObject({
      distinct: 2,
      values: [
        { value: 'ssl', rows: rows.length - 1 },
        { value: 'ssh', rows: 1 },
      ],
    });
  });

  test.each(QUERY_TABLE_NAMES)('of %s are asked by each of their fields', async (table) => {
    const examples = { text: 'x*', list: 'x', entity: 'x', address: '10.0.0.0/8', boolean: 'yes' };
    const filter = Object.entries(fieldsOf(table))
      .filter(([name]) => name !== 'time')
      .map(([name, { type }]) => (type in examples ? `-${name}:${examples[type as 'text']}` : `${name}>=0`))
      .join(' ');
    const { total } = await explore.histogram({ table, filter: `${filter} -x` });
    const { rows } = await explore.rows({ table, filter });
    expect([total, rows.length]).toEqual(
      table === 'connection' ? [expect.any(Number), expect.any(Number)] : [0, 0],
    );
    for (const field of Object.keys(fieldsOf(table)))
      expect((await explore.values({ table, filter: '', field })).field).toBe(field);
  });

  test.each(HOSTILE)('are found by %j as the text that it is, and by nothing else', async (peer) => {
    const asked = { table: 'connection', filter: termText('peer', peer) } as const;
    const { rows } = await explore.rows(asked);
    expect(rows.map(({ fields }) => fields.peer)).toEqual([peer]);
    expect(
      (await explore.histogram({ table: 'connection', filter: `${termText('peer', peer)} x` })).total,
    ).toBeLessThanOrEqual(1);
    expect((await explore.histogram({ table: 'connection', filter: '' })).total).toBeGreaterThan(40);
  });

  test('show who talks as a clock, and when', async () => {
    const { pairs } = await explore.pairs({ filter: '' });
    expect(pairs[0]).toMatchObject({
      ...{
        entity: 'workload:prod/cron',
        peer: 'tick.example',
        connections: 30,
        pause_seconds: 60,
        regularity: 1,
      },
    });
    const rhythm = await explore.rhythm({ filter: 'entity:prod/cron' });
    expect(rhythm.contacts).toHaveLength(30);
    expect(rhythm.quarters.reduce((sum, { connections }) => sum + connections, 0)).toBe(30);
  });

  describe('as a graph', () => {
    const ofApp1 = async (asked: Parameters<Explore['graph']>[0]) => {
      const graph = await explore.graph({ ...asked, filter: `entity:prod/app1 ${asked.filter}` });
      return graph.edges.map(({ to, is_new, is_loud }) => [to, is_new, is_loud]);
    };

    test('tells what is new against all that is kept', async () => {
      expect(await ofApp1({ filter: '' })).toEqual([
        ['destination:new.example', true, false],
        ['destination:2001:db8::7', true, false],
        ['entity:workload:prod/db', true, false],
      ]);
      expect((await ofApp1({ filter: '', edges: 'all' })).at(-1)).toEqual([
        'destination:files.example',
        false,
        false,
      ]);
    });

    test('tells what is loud', async () => {
      await store.insert('egress_hour', [
        hour({
          hour: at(600).slice(0, 13).concat(':00:00'),
          first_minute: at(600).slice(0, 19),
          bytes_out: 9e6,
        }),
      ]);
      expect(await ofApp1({ filter: '' })).toContainEqual(['destination:files.example', false, true]);
    });

    test('puts together what has a namespace, domain or network in common when it is too much', async () => {
      await store.insert(
        'connection',
        Array.from({ length: 400 }, (_, index) =>
          connection({
            ...{ time: at(100), entity_id: `workload:shop/w${index}` },
            peer: index % 2 ? `h${index}.cdn.example` : `198.51.100.${index % 250}`,
          }),
        ),
      );
      const graph = await explore.graph({ filter: 'entity:shop/*', edges: 'all' });
      expect(graph).toMatchObject({ is_grouped: true, edges_total: 400 });
      expect(graph.nodes.map(({ name, members }) => [name, members])).toEqual(
        expect.arrayContaining([
          ['shop/…', 400],
          ['cdn.example', 200],
          ['198.51.100.0/24', 125],
        ]),
      );
      for (const edge of graph.edges) {
        const { filter_to } = graph.nodes.find(({ id }) => id === edge.to)!;
        const filter = `entity:shop/* ${filter_to}`;
        const { total } = await explore.histogram({ table: 'connection', filter });
        expect([filter, total]).toEqual([filter, edge.connections]);
      }
    });
  });
});
