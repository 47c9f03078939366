import { describe, expect, test } from 'vitest';
import { parseConntrack } from './conntrack.js';
import { FlowProgress } from './flow-progress.js';
import { judge } from './judge.js';
import { Watched } from './watched.js';

const OWN = '10.96.0.2';
const LINES = `ipv4     2 unknown  2 440 src=10.96.0.1 dst=224.0.0.22 packets=2 bytes=80 [UNREPLIED] src=224.0.0.22 dst=10.96.0.1 packets=0 bytes=0 mark=0 use=1 id=2551138429
ipv4     2 tcp      6 431999 ESTABLISHED src=10.96.0.2 dst=198.51.100.10 sport=51530 dport=9000 packets=256 bytes=1013320 src=198.51.100.10 dst=198.51.100.1 sport=9000 dport=51530 packets=148 bytes=7704 [ASSURED] mark=0 use=1 id=3344878767
tcp      6 96 TIME_WAIT src=10.96.0.9 dst=10.96.0.3 sport=1 dport=2 src=10.96.0.3 dst=10.96.0.9 sport=2 dport=1 [ASSURED] use=1 id=7
conntrack v1.4.7 (conntrack-tools): 3 flow entries have been shown.`;

test('reads what conntrack lists; an entry without counters says nothing', () => {
  expect(parseConntrack(LINES)).toEqual([
    expect.objectContaining({ id: '2551138429', protocol: 'unknown', bytes: 80, answer_bytes: 0 }),
    {
      id: '3344878767',
      protocol: 'tcp',
      source: OWN,
      destination: '198.51.100.10',
      answerer: '198.51.100.10',
      source_port: 51530,
      destination_port: 9000,
      bytes: 1013320,
      packets: 256,
      answer_bytes: 7704,
      answer_packets: 148,
    },
  ]);
});

interface Shape {
  /** Bytes and packets the container has sent, by sample of 100 ms. */
  out: (step: number) => number;
  outPackets?: (step: number) => number;
  in?: (step: number) => number;
  control?: (step: number) => number;
  isPause?: boolean;
}

/** The effect is at sample 10; 40 samples. */
function verdictOf({ out, outPackets, in: peer, control, isPause }: Shape) {
  const progress = new FlowProgress(new Watched({ addresses: [OWN], destinations: [] }));
  const flow = { protocol: 'tcp', source_port: 1, destination_port: 2, packets: 0, answer_packets: 0 };
  for (let step = 0; step < 40; step++) {
    progress.add(step * 100, [
      {
        ...flow,
        id: '1',
        source: OWN,
        destination: 'd',
        answerer: 'd',
        bytes: out(step),
        packets: outPackets?.(step) ?? 0,
        answer_bytes: peer?.(step) ?? 0,
      },
      {
        ...flow,
        id: '2',
        source: 'c',
        destination: 'd',
        answerer: 'd',
        bytes: control?.(step) ?? step,
        answer_bytes: 0,
      },
    ]);
  }
  const moments = { began: 1000, done: 1050, approved: 0 };
  return judge({ ...moments, timeline: progress.timeline, windowMs: 2000, isPause: isPause ?? false });
}

const untilEffect = (step: number): number => Math.min(step, 11) * 1000;

describe('judges', () => {
  test('silence after movement, beside a living sensor: stopped', () => {
    const { verdict, measured } = verdictOf({ out: untilEffect });
    expect(verdict).toBe('stopped');
    expect(measured).toMatchObject({
      before_out_bytes: 10_000,
      after_effect_out_bytes: 1000,
      last_byte_after_effect_ms: 100,
    });
  });
  test('silence while the control is silent, too: not verified, never stopped', () => {
    expect(verdictOf({ out: untilEffect, control: () => 5 }).verdict).toBe('not verified');
  });
  test('bytes that go on: not stopped', () => {
    expect(verdictOf({ out: (step) => step * 10 }).verdict).toBe('not stopped');
  });
  test('silence before and after shows nothing: silent', () => {
    expect(verdictOf({ out: () => 7 }).verdict).toBe('silent');
  });
  test('retransmissions of the other side are told, and are not its own', () => {
    const { verdict, says } = verdictOf({ out: untilEffect, in: (step) => step });
    expect(verdict).toBe('stopped');
    expect(says).toContain('others still send to it');
  });
  test('a paused container’s kernel may acknowledge, but not send data', () => {
    const acknowledging = (step: number) => untilEffect(step) + step * 52;
    expect(verdictOf({ out: acknowledging, outPackets: (step) => step, isPause: true }).verdict).toBe(
      'stopped',
    );
    expect(verdictOf({ out: acknowledging, outPackets: (step) => step }).verdict).toBe('not stopped');
    const sending = (step: number) => step * 1500;
    expect(verdictOf({ out: sending, outPackets: (step) => step, isPause: true }).verdict).toBe(
      'not stopped',
    );
  });
  test('no samples: not verified', () => {
    const moments = { began: 0, done: 0, approved: 0 };
    expect(judge({ ...moments, timeline: [], windowMs: 2000, isPause: false }).verdict).toBe('not verified');
  });
});
