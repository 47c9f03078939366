import { type Container, HELPERS, OUTSIDE, type Workload } from './fleet.js';
import type { Draw } from './random.js';

const MB = 1_000_000;
const KB = 1000;
const HOUR = 3600;

/** One connection, as its initiator and responder would count it. */
export interface Flow {
  at: number;
  from: string;
  to: string;
  port: number;
  /** Zeek's name of the protocol, '' where it knows none. */
  service: string;
  sent: number;
  received: number;
  seconds: number;
  /** Nobody answered. */
  isRefused?: boolean;
  request?: { method: string; host: string; path: string; agent: string };
}

/** How busy people make the fleet at this time: 1 on a working day after lunch, a fifth of it at night, half at weekends. */
function rhythm(at: number): number {
  const day = new Date(at * 1000).getUTCDay();
  const hour = (at % 86_400) / HOUR;
  const wave = Math.max(0, Math.sin(((hour - 6) / 16) * Math.PI));
  return (0.2 + 0.8 * wave ** 1.5) * (day === 0 || day === 6 ? 0.5 : 1);
}

const isOfficeHour = (at: number): boolean => {
  const date = new Date(at * 1000);
  return date.getUTCDay() % 6 !== 0 && date.getUTCHours() >= 8 && date.getUTCHours() < 18;
};

/** A TLS connection's handshake: a client's hello and key, a server's certificates. */
const tls = (flow: Omit<Flow, 'service' | 'port'>): Flow => ({
  ...flow,
  port: 443,
  service: 'ssl',
  sent: flow.sent + 700,
  received: flow.received + 3600,
});

/** What a workload's container sends and answers in the hour from `hour` on, in no order. */
export function flowsOf(workload: Workload, container: Container, hour: number, draw: Draw): Flow[] {
  const from = container.address;
  const busy = rhythm(hour + HOUR / 2);
  const at = (): number => hour + draw.between(0, HOUR);
  const flows: Flow[] = [...housekeeping(workload, from, hour, draw)];
  const several = (mean: number, make: () => Flow): void => {
    for (let left = draw.count(mean); left > 0; left--) flows.push(make());
  };
  /** A call of somebody's interface: a JSON document there, another one back. */
  const call = (median: number): Flow =>
    tls({
      at: at(),
      from,
      to: draw.pick(workload.services),
      sent: draw.size(median, 0.6),
      received: draw.size(2200, 0.9),
      seconds: draw.between(0.05, 2),
    });
  switch (workload.kind) {
    case 'web':
      several(14 * busy * workload.weight, () => ({
        at: at(),
        from: HELPERS.balancer,
        to: from,
        port: 8080,
        service: 'http',
        sent: draw.size(900, 0.5),
        received: draw.size(18 * KB, 1),
        seconds: draw.between(0.01, 0.5),
      }));
      several(6 * busy, () => call(1200));
      break;
    case 'worker':
      several(20 * busy * workload.weight, () => call(1500));
      break;
    case 'media':
      // Pictures of its users, into its own bucket: an honest workload that mostly uploads.
      several(18 * busy * workload.weight, () =>
        tls({
          at: at(),
          from,
          to: OUTSIDE.services[workload.index % OUTSIDE.services.length]!,
          sent: draw.size(120 * KB, 0.7),
          received: draw.size(600, 0.3),
          seconds: draw.between(0.2, 3),
        }),
      );
      break;
    case 'database':
      flows.push(...backup(workload, from, hour, draw));
      break;
    case 'ci':
      if (isOfficeHour(hour))
        for (let left = draw.count(1.2); left > 0; left--) flows.push(...build(from, at(), draw));
      break;
    case 'agent':
      flows.push(...telemetry(workload, from, hour, draw));
      break;
    case 'batch':
    case 'feed':
      flows.push(...job(workload, container, draw));
      break;
  }
  return flows;
}

/** Scrapes, log shipping, time, a name that does not answer: what every container has. */
function housekeeping(workload: Workload, from: string, hour: number, draw: Draw): Flow[] {
  const flows: Flow[] = [];
  for (let minute = workload.index % 10; minute < 60; minute += 10) {
    flows.push({
      at: hour + minute * 60 + draw.between(0, 0.2),
      from: HELPERS.metrics,
      to: from,
      port: 9100,
      service: 'http',
      sent: 2600,
      received: draw.size(90 * KB, 0.1),
      seconds: draw.between(580, 595),
    });
  }
  flows.push({
    at: hour + draw.between(0, 5),
    from,
    to: HELPERS.logs,
    port: 24_224,
    service: '',
    sent: draw.size(1.5 * MB * (0.2 + rhythm(hour)) * workload.weight, 0.3),
    received: 9 * KB,
    seconds: draw.between(3400, 3590),
  });
  if (draw.next() < 0.03)
    flows.push({
      at: hour + draw.between(0, HOUR),
      from,
      to: draw.pick(OUTSIDE.services),
      port: 443,
      service: '',
      sent: 0,
      received: 0,
      seconds: 3,
      isRefused: true,
    });
  // Once in two days somebody updates a package.
  if (draw.next() < 0.02)
    flows.push({
      at: hour + draw.between(0, HOUR),
      from,
      to: OUTSIDE.mirror,
      port: 80,
      service: 'http',
      sent: 420,
      received: draw.size(3 * MB, 1),
      seconds: draw.between(0.5, 20),
      request: {
        method: 'GET',
        host: 'mirror.example.org',
        path: `/pool/p${draw.whole(1, 900)}.deb`,
        agent: 'Debian APT-HTTP/1.3 (2.6.1)',
      },
    });
  return flows;
}

/** Each night after two, in parts as object stores take them; on Sundays all of it, on other nights what changed. */
function backup(workload: Workload, from: string, hour: number, draw: Draw): Flow[] {
  if (new Date(hour * 1000).getUTCHours() !== 2) return [];
  const isFull = new Date(hour * 1000).getUTCDay() === 0;
  let left = (isFull ? 400 : 120) * MB * workload.weight * draw.between(0.92, 1.08);
  const flows: Flow[] = [];
  for (let at = hour + 600 + draw.between(0, 300); left > 0; at += 4) {
    const part = Math.min(left, 64 * MB);
    flows.push(tls({ at, from, to: OUTSIDE.bucket, sent: part, received: 900, seconds: part / (20 * MB) }));
    left -= part;
  }
  return flows;
}

/** What a build fetches, and the image it pushes. */
function build(from: string, at: number, draw: Draw): Flow[] {
  const image = draw.size(60 * MB, 0.6);
  return [
    tls({
      at,
      from,
      to: OUTSIDE.mirror,
      sent: draw.size(30 * KB, 0.4),
      received: draw.size(90 * MB, 0.6),
      seconds: draw.between(10, 60),
    }),
    tls({
      at: at + 180,
      from,
      to: OUTSIDE.registry,
      sent: image,
      received: 8 * KB,
      seconds: image / (15 * MB),
    }),
  ];
}

/** A vendor's agent: a new connection each minute, or one it keeps for an hour. */
function telemetry(workload: Workload, from: string, hour: number, draw: Draw): Flow[] {
  const to = OUTSIDE.telemetry;
  if (workload.index % 2 === 0)
    return [
      tls({
        at: hour + draw.between(0, 2),
        from,
        to,
        sent: 60 * draw.size(1400, 0.05),
        received: 60 * 350,
        seconds: draw.between(3580, 3595),
      }),
    ];
  return Array.from({ length: 60 }, (_, minute) =>
    tls({
      at: hour + minute * 60 + draw.between(0, 0.4),
      from,
      to,
      sent: draw.size(1400, 0.05),
      received: 350,
      seconds: 0.3,
    }),
  );
}

/** A run of an hourly job: it tells a status page, or delivers a file to a partner. */
function job(workload: Workload, container: Container, draw: Draw): Flow[] {
  const at = container.from + 4;
  const { address: from } = container;
  if (workload.kind === 'feed')
    return [
      tls({ at, from, to: OUTSIDE.partner, sent: draw.size(150 * KB, 0.15), received: 700, seconds: 2 }),
    ];
  return [tls({ at, from, to: OUTSIDE.status, sent: 480, received: 300, seconds: 0.4 })];
}
