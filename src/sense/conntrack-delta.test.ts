import { expect, test } from 'vitest';
import { ConntrackDelta } from './conntrack-delta.js';

const entry = (id: number, out: number, back: number, left = 300): string =>
  `ipv4     2 tcp      6 ${left} ESTABLISHED src=10.96.0.2 dst=198.51.100.10 sport=1000 dport=80 packets=1 bytes=${out} src=198.51.100.10 dst=198.51.100.1 sport=80 dport=1000 packets=1 bytes=${back} [ASSURED] mark=0 delta-time=${300 - left} use=1 id=${id}`;
const plain =
  'ipv4     2 unknown  2 599 src=10.96.0.1 dst=224.0.0.22 [UNREPLIED] src=224.0.0.22 dst=10.96.0.1 mark=0 use=1 id=5';

function polls(...tables: string[][]): string[][] {
  const delta = new ConntrackDelta();
  return tables.map((lines) => {
    const news = lines.filter((line) => delta.isNews(line));
    delta.endPoll();
    return news;
  });
}

test('only what counts differently is news', () => {
  expect(
    polls([entry(1, 10, 20)], [entry(1, 10, 20, 299)], [entry(1, 11, 20, 298)], [entry(1, 11, 21, 297)]),
  ).toEqual([[entry(1, 10, 20)], [], [entry(1, 11, 20, 298)], [entry(1, 11, 21, 297)]]);
});

test('without counters an entry is told once', () => {
  expect(polls([plain], [plain.replace('599', '598')])).toEqual([[plain], []]);
});

test('an id that was away is news again', () => {
  expect(polls([entry(1, 10, 20)], [], [entry(1, 10, 20)])[2]).toEqual([entry(1, 10, 20)]);
});

test('a poll that broke off forgets nothing', () => {
  const delta = new ConntrackDelta();
  delta.isNews(entry(1, 10, 20));
  delta.isNews(entry(2, 10, 20));
  delta.endPoll();
  expect(delta.isNews(entry(1, 12, 20))).toBe(true);
  delta.breakOff();
  expect([delta.isNews(entry(1, 12, 20)), delta.isNews(entry(2, 10, 20))]).toEqual([false, false]);
});

test('ICMP has an id of its own in each tuple; conntrack’s comes last', () => {
  const icmp = (count: number, id: number) =>
    `ipv4     2 icmp     1 29 src=10.96.0.2 dst=198.51.100.10 type=8 code=0 id=4711 packets=${count} bytes=84 src=198.51.100.10 dst=198.51.100.1 type=0 code=0 id=4711 packets=1 bytes=84 mark=0 use=1 id=${id}`;
  expect(polls([icmp(1, 1), icmp(1, 2)], [icmp(1, 1), icmp(2, 2)])).toEqual([
    [icmp(1, 1), icmp(1, 2)],
    [icmp(2, 2)],
  ]);
});

test('what is no entry is no news', () => {
  expect(polls(['conntrack v1.4.7: 0 flow entries have been shown.', '', ' id=5'])).toEqual([[]]);
});
