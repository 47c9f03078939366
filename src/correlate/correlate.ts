import { createHash } from 'node:crypto';
import { type Allowance, type Authorisation, describeAllowance } from '../model/allowance.js';
import type { Destination, Finding, FindingDetail, Severity } from '../model/hunt-result.js';
import type { Hit, PriorityLevel, Strategy } from '../model/strategy.js';
import type { Store } from '../store/store.js';
import { findAllowance } from './allowances.js';
import { whyBuildJob } from './build-jobs.js';
import { type EntityFacts, isAnswering, isGathering, lookUpEntity } from './entity-facts.js';
import { type Episode, groupEpisodes } from './episodes.js';
import { describeFinding, type EvidenceScope, evidenceQuery } from './evidence.js';
import { joinIncidents, type Link } from './incidents.js';
import { deedLinks, readLinks } from './links.js';
import { MIN_LIKELIHOOD, type Score, scoreEpisode } from './score.js';
import { explain } from './why.js';

/** Episodes below every threshold are listed up to this number, likeliest first. */
const MAX_CANDIDATES = 60;

export interface Correlation {
  findings: Finding[];
  details: FindingDetail[];
  /** The findings as they would stand if what is proposed held as well. */
  proposed: Finding[];
}

/** A finding before allowances and other strategies had their say. */
interface Told {
  finding: Finding;
  episode: Episode;
  scope: EvidenceScope;
  /** Destinations beyond those the finding names. */
  unlisted: Destination[];
  /** Why it is a build job's usual push; null when it is none. */
  buildJob: string | null;
}

/** What is authorised: now, and what a proposal would add. */
export interface Authorised {
  now: Authorisation;
  proposed: Authorisation | null;
  /** Episodes below every threshold that are listed; default 60. Each costs questions of its own. */
  candidates?: number;
}

/** Turns hits into findings: episodes, noisy-or, who and where, allowances, one story per transfer, incidents. */
export async function correlate(
  store: Store,
  hits: Hit[],
  strategies: Strategy[],
  authorised: Authorised,
): Promise<Correlation> {
  const { findings, told, proposed } = await findFindings(store, hits, strategies, authorised);
  const scopes = new Map(told.map(({ finding, scope }) => [finding.uid, scope]));
  const details = await Promise.all(
    findings
      .filter((finding) => finding.status !== 'candidate')
      .map((finding) => describeFinding(store, finding, scopes.get(finding.uid)!)),
  );
  return { findings, details, proposed };
}

/** The findings alone, without the pictures behind them. `under`: the same, had other allowances held. */
export async function findFindings(
  store: Store,
  hits: Hit[],
  strategies: Strategy[],
  { now, proposed, candidates = MAX_CANDIDATES }: Authorised,
): Promise<Omit<Correlation, 'details'> & { told: Told[]; under: (allowances: Allowance[]) => Finding[] }> {
  const scored = groupEpisodes(hits, strategies)
    .map((episode) => ({ episode, score: scoreEpisode(episode) }))
    .filter(({ score }) => score.terms.some((term) => term.counted))
    .sort(
      (a, b) =>
        Number(b.score.isOpen) - Number(a.score.isOpen) ||
        b.score.score - a.score.score ||
        a.episode.entityId.localeCompare(b.episode.entityId),
    );
  const kept = scored.filter(({ score }, index) => score.isOpen || index < candidates);
  const told = await Promise.all(
    kept.map(({ episode, score }) => tell(store, episode, score, now.buildWorkloads)),
  );
  const links = [
    ...(await readLinks(
      store,
      told.map(({ finding }) => finding),
    )),
    ...deedLinks(kept.map(({ episode }) => episode)),
  ];
  const under = (allowances: Allowance[]) => settle(told, strategies, allowances, links);
  return {
    findings: under(now.allowances),
    told,
    under,
    proposed:
      proposed === null
        ? []
        : settle(
            await withBuildJobs(store, told, proposed.buildWorkloads),
            strategies,
            [...now.allowances, ...proposed.allowances],
            links,
          ),
  };
}

/** What is authorised is hidden first, so that a finding somebody allowed stands in for no other. */
function settle(
  told: Told[],
  strategies: Strategy[],
  allowances: Allowance[],
  links: readonly Link[],
): Finding[] {
  const findings = told.map((one) => hideAuthorised(one, allowances));
  const usual = told.filter(({ buildJob }) => buildJob !== null).map(({ finding }) => finding.uid);
  const unlisted = new Map(told.map((one) => [one.finding.uid, one.unlisted]));
  standIn(findings, strategies, { usual: new Set(usual), unlisted });
  joinIncidents(findings, links);
  return findings.sort(byImportance);
}

async function tell(store: Store, episode: Episode, score: Score, buildWorkloads: string[]): Promise<Told> {
  const facts = await lookUpEntity(store, episode, destinationsOf(episode));
  const scope = {
    entityId: episode.entityId,
    addresses: facts.addresses,
    destinationIps: [...facts.destinations.map((destination) => destination.ip), ...facts.sourceAddresses],
    isAnswering: isAnswering(episode),
    isGathering: isGathering(episode),
    from: episode.from,
    to: episode.to,
  };
  const finding = toFinding(episode, score, facts, evidenceQuery(scope));
  const { unlisted } = facts;
  const buildJob = await whyBuildJob(store, { finding, unlisted, episode }, buildWorkloads);
  return { finding, scope, unlisted, buildJob, episode };
}

/** The same, where more workloads are stated to build and push. */
const withBuildJobs = (store: Store, told: Told[], buildWorkloads: string[]): Promise<Told[]> =>
  Promise.all(
    told.map(async (one) => ({
      ...one,
      buildJob: one.buildJob ?? (await whyBuildJob(store, one, buildWorkloads)),
    })),
  );

const rank = { open: 0, suppressed: 1, candidate: 2 };

const byImportance = (a: Finding, b: Finding): number =>
  rank[a.status] - rank[b.status] ||
  b.score - a.score ||
  a.window.from.localeCompare(b.window.from) ||
  a.uid.localeCompare(b.uid);

/** Destinations of the hits that can open a finding; when they name none, all the entity's outside destinations. */
function destinationsOf(episode: Episode): string[] {
  const triggers = new Set(
    episode.strategy.analytics
      .filter((analytic) => analytic.role === 'trigger')
      .map((analytic) => analytic.id),
  );
  return [
    ...new Set(
      episode.hits
        .filter((hit) => triggers.has(hit.analytic) && hit.likelihood >= MIN_LIKELIHOOD)
        .flatMap((hit) => hit.destinations),
    ),
  ].sort();
}

function toFinding(episode: Episode, score: Score, facts: EntityFacts, query: string): Finding {
  const { strategy } = episode;
  const priority = judgePriority(strategy.priority, score, facts);
  return {
    uid: createHash('sha256')
      .update(`${strategy.id}\n${episode.entityId}\n${episode.from}`)
      .digest('hex')
      .slice(0, 16),
    strategy: strategy.id,
    technique: strategy.technique,
    title: strategy.title,
    severity: severityOf(score.score, priority, score.isOpen),
    score: score.score,
    entity: facts.entity,
    attribution: facts.attribution,
    window: tightWindow(episode, facts),
    destinations: facts.destinations,
    incident: '',
    priority,
    status: score.isOpen ? 'open' : 'candidate',
    why: explain(facts, score.terms),
    evidence_query: query,
    terms: score.terms,
    suppressed_by: null,
  };
}

/** Roll-ups count by the minute; connections and commands say when it really was. */
function tightWindow(episode: Episode, facts: EntityFacts): Finding['window'] {
  if (!facts.seen) return { from: episode.from, to: episode.to };
  const commands = episode.hits.filter((hit) => hit.class === 'process').map((hit) => hit.from);
  return { from: [facts.seen.from, ...commands].sort()[0]!, to: facts.seen.to };
}

/** The first level, highest first, whose every stated bound holds. */
function judgePriority(levels: PriorityLevel[], score: Score, facts: EntityFacts): Finding['priority'] {
  const bytes = facts.destinations.reduce((sum, destination) => sum + destination.bytes_out, 0);
  const order = ['high', 'medium', 'low'] as const;
  const analytics = new Set(
    score.terms.filter((term) => term.likelihood >= MIN_LIKELIHOOD).map((term) => term.analytic),
  );
  for (const level of [...levels].sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level))) {
    const holds =
      score.score >= (level.minScore ?? 0) &&
      bytes >= (level.minBytesOut ?? 0) &&
      score.classes.length >= (level.minClasses ?? 0) &&
      (level.analytics ?? []).every((id) => analytics.has(id));
    if (holds) return level.level;
  }
  return 'low';
}

function severityOf(score: number, priority: Finding['priority'], isOpen: boolean): Severity {
  if (!isOpen) return 'informational';
  if (score >= 0.95 && priority === 'high') return 'critical';
  if (score >= 0.8) return 'high';
  return 'medium';
}

/** Always a copy: settling writes into findings. */
function hideAuthorised({ finding, unlisted, buildJob }: Told, allowances: Allowance[]): Finding {
  if (finding.status !== 'open') return { ...finding };
  const allowance = findAllowance(finding, allowances, unlisted);
  const hiddenBy = allowance ? describeAllowance(allowance) : buildJob;
  return hiddenBy === null ? { ...finding } : { ...finding, status: 'suppressed', suppressed_by: hiddenBy };
}

/** What is known of findings besides: which are a build job's usual push, and destinations beyond those named; by uid. */
interface BesideFindings {
  usual: ReadonlySet<string>;
  unlisted: ReadonlyMap<string, readonly Destination[]>;
}

/**
 * Strategies do not shout over each other: where one strategy stands in for another on the same entity, time and
 * destinations, the other's finding stays as a candidate. What a build job usually does is that under every strategy of the
 * same tactic: a push each night is no exfiltration by schedule.
 */
export function standIn(
  findings: Finding[],
  strategies: Strategy[],
  { usual, unlisted }: BesideFindings,
): void {
  const byId = new Map(strategies.map((strategy) => [strategy.id, strategy]));
  for (const winner of findings.filter(({ status, uid }) => status === 'open' || usual.has(uid))) {
    const strategy = byId.get(winner.strategy)!;
    for (const other of findings) {
      if (other.status !== 'open') continue;
      // Where it went must be known whole: what names nobody may go anywhere.
      const isSameDeed =
        usual.has(winner.uid) &&
        byId.get(other.strategy)!.tactic === strategy.tactic &&
        other.destinations.length > 0 &&
        unlisted.get(other.uid)!.length === 0;
      if (!isSameDeed && !strategy.replaces.includes(other.strategy)) continue;
      if (!isSameTransfer(winner, other)) continue;
      if (winner.status === 'suppressed') {
        other.status = 'suppressed';
        other.suppressed_by = winner.suppressed_by;
      } else {
        other.status = 'candidate';
        other.severity = 'informational';
      }
    }
  }
}

const nameOf = (destination: Destination): string => destination.domain || destination.ip;

function isSameTransfer(winner: Finding, other: Finding): boolean {
  const isOverlapping = winner.window.from <= other.window.to && other.window.from <= winner.window.to;
  const covered = new Set(winner.destinations.map(nameOf));
  return (
    winner.entity.kind === other.entity.kind &&
    winner.entity.name === other.entity.name &&
    isOverlapping &&
    other.destinations.every((destination) => covered.has(nameOf(destination)))
  );
}
