import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_CONFIG, readConfig } from '../model/config.js';
import type { Emulation } from '../model/emulation.js';
import type { Finding, HuntReport } from '../model/hunt-result.js';
import { Hunts } from '../pipeline.js';
import type { Action } from '../respond/plan.js';
import type { SensorStatus } from '../sense/sense.js';
import { type Containment, containAndUndo } from './contain.js';
import { EmulationError } from './open-lab.js';
import { isActivity, ownLines } from './own-lines.js';
import { type LiveRun, type RunOptions, runEmulation, settled } from './run.js';
import { type Expected, judgeRun, type Verdict } from './verdict.js';

export interface FoundEntity {
  strategy: string;
  entity: string;
  score: number;
  why: string;
}

export interface Verification {
  emulation: string;
  strategy: string;
  technique: string;
  kind: Emulation['kind'];
  engine: string;
  verdict: Verdict;
  /** Why nothing is known, or what kept the strategy from seeing. */
  reason: string | null;
  /** From the first byte that reached a destination to the finding; null when there was none, or none was expected. */
  seconds_to_finding: number | null;
  /** Bytes that had reached destinations when the finding was there. */
  bytes_before: number | null;
  bytes_total: number;
  findings: FoundEntity[];
  /** Open findings on entities that do nothing wrong, at any moment of the run. */
  false_findings: FoundEntity[];
  sensors: SensorStatus[];
  /** Only when it was asked for: what was done against the first expected finding, and what came of it. */
  containment: Containment | null;
}

interface Seen {
  at: number;
  bytes: number;
}

/** What is said of an emulation that failed by itself. */
export const notRun = (emulation: Emulation, reason: string): Verification => ({
  emulation: emulation.id,
  strategy: emulation.strategy,
  technique: emulation.technique,
  kind: emulation.kind,
  engine: '',
  verdict: 'not run',
  reason,
  seconds_to_finding: null,
  bytes_before: null,
  bytes_total: 0,
  findings: [],
  false_findings: [],
  sensors: [],
  containment: null,
});

/** Runs an emulation live and hunts through what the sensors write, again and again, until it is over. */
export async function verifyEmulation(
  emulation: Emulation,
  options: RunOptions & { contain?: Action },
): Promise<Verification> {
  let engine = '';
  const { value, sensors } = await runEmulation(emulation, options, async (live) => {
    engine = live.lab.engineVersion;
    if (options.contain && live.lab.kind === 'netns')
      throw new EmulationError('containment needs an engine: network namespaces alone cannot show it');
    return watch(live, options);
  });
  const { missing, unhidden, states } = value;
  const hasFalseFindings = value.unexpected.length > 0;
  const { verdict, reason } = judgeRun(emulation, { missing, hasFalseFindings, unhidden, states, sensors });
  const seen = verdict === 'found' ? value.seen : null;
  return {
    emulation: emulation.id,
    strategy: emulation.strategy,
    technique: emulation.technique,
    kind: emulation.kind,
    engine,
    verdict,
    reason,
    seconds_to_finding:
      seen && value.firstAt !== null ? Math.round((seen.at - value.firstAt) * 10) / 10 : null,
    bytes_before: seen?.bytes ?? null,
    bytes_total: value.bytes,
    findings: value.open.map(brief),
    false_findings: value.unexpected.map(brief),
    sensors,
    containment: value.containment,
  };
}

const brief = (finding: Finding): FoundEntity => ({
  strategy: finding.strategy,
  entity: finding.entity.name,
  score: finding.score,
  why: finding.why,
});

async function watch(live: LiveRun, { contain, onProgress }: RunOptions & { contain?: Action }) {
  const { expect } = live.emulation;
  // While it goes on, only those whose finding is waited for: each strategy costs its planning again. The last hunt asks all.
  const concerned = [...new Set([live.emulation.strategy, ...expect.findings.map((each) => each.strategy)])];
  const unexpected = new Map<string, Finding>();
  let seen: Seen | null = null;
  let containment: Containment | null = null;
  let isOver = false;
  const over = settled(live).finally(() => {
    isOver = true;
  });
  over.catch(() => undefined);
  await using hunts = new Hunts();
  for (;;) {
    const wasOver = isOver;
    const report = await huntNow(hunts, live, wasOver ? null : concerned);
    const findings = report.findings.filter((finding) => finding.status === 'open');
    const hidden = report.findings.filter((finding) => finding.status === 'suppressed');
    const missing = expect.findings.filter((each) => !findings.some((finding) => isAbout(finding, each)));
    const { bytes, firstAt } = await live.arrived();
    if (missing.length === 0 && seen === null) {
      seen = { at: Date.now() / 1000, bytes };
      const target = findings.find((finding) => expect.findings.some((each) => isAbout(finding, each)));
      if (contain && target) {
        onProgress?.(`found; containing ${target.entity.name} with ${contain}`);
        containment = await containAndUndo(live, target, contain);
      }
    }
    for (const finding of findings.filter(
      (each) => !expect.findings.some((one) => one.entity === each.entity.name),
    ))
      unexpected.set(`${finding.strategy} ${finding.entity.name}`, finding);
    if (wasOver) {
      await over;
      return {
        missing,
        unhidden: expect.suppressed.filter((each) => !hidden.some((finding) => isAbout(finding, each))),
        states: report.strategies,
        seen,
        containment,
        bytes,
        firstAt,
        open: findings,
        unexpected: [...unexpected.values()],
      };
    }
  }
}

const isAbout = (finding: Finding, expected: Expected): boolean =>
  finding.strategy === expected.strategy && finding.entity.name === expected.entity;

/** Hunts through what the sensors have written until now, whole lines only; `only` names the strategies, null stands for all. */
async function huntNow(hunts: Hunts, live: LiveRun, only: string[] | null): Promise<HuntReport> {
  const folder = live.lab.path('snapshot');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  const own = await ownLines(live.logs);
  for (const name of await readdir(live.logs)) {
    const bytes = await readWholeLines(join(live.logs, name));
    await writeFile(join(folder, name), isActivity(name) ? own(bytes.toString('utf8')) : bytes);
  }
  const config = live.config === null ? DEFAULT_CONFIG : await readConfig(live.config);
  return (await hunts.hunt([folder], { config, ...(only && { only }) })).report;
}

async function readWholeLines(file: string): Promise<Buffer> {
  const bytes = await readFile(file);
  return bytes.subarray(0, bytes.lastIndexOf(10) + 1);
}
