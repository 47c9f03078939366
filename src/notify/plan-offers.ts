import { globMatches } from '../correlate/allowances.js';
import type { Severity } from '../model/hunt-result.js';
import type { Notice } from '../model/live.js';
import type { ChannelConfig } from '../model/notify-config.js';
import { SEVERITIES } from '../output/summary.js';
import type { NamedChannel } from './channel.js';
import { cutToFit, safeJson } from './clean.js';
import { changed, type Delivery } from './delivery.js';
import { KEPT_MS } from './delivery-table.js';
import { messageOf } from './message.js';

/** The alert's uid, or the strategy's id: whose states follow each other. */
export const subjectOf = (notice: Notice): string => notice.alert?.uid ?? `strategy:${notice.strategy!.id}`;

/** What a notice would join where incidents are told as one. */
export const incidentOf = (notice: Notice): string =>
  notice.alert === null ? subjectOf(notice) : `incident:${notice.alert.finding.incident || notice.alert.uid}`;

interface Offer {
  notice: Notice;
  to: NamedChannel;
  now: number;
  /** Every delivery of this channel that shares the subject or the thread. */
  known: readonly Delivery[];
  nextPlace(): number;
}

/** The deliveries that an offered notice adds to a channel or changes there; none when it was offered before. */
export function planOffer(offer: Offer): Delivery[] {
  const { notice, to, known } = offer;
  if (known.some((each) => each.notice === notice.id)) return [];
  const own = known.filter((each) => each.subject === subjectOf(notice));
  if (!isWanted(offer, own)) return [];
  const thread = threadOf(notice, to, own);
  const fresh = newDelivery(offer, thread);
  // A later state of the same alert was offered before this one: it is not told after it.
  if (notice.alert !== null && own.some(({ version }) => version > fresh.version)) {
    return [{ ...fresh, state: 'replaced', body: '' }];
  }
  const others = openOthers(known, thread, fresh.subject);
  // What was not told yet of an alert that closes within an open incident is told still: nothing else tells of the incident.
  if (fresh.what === 'closed' && others.length > 0 && to.channel.grouping !== 'each') return [held(fresh)];
  if (to.channel.grouping === 'hold' && isToldAlready(fresh, others, known))
    return [...replaced(own), held(fresh)];
  if (fresh.what === 'closed') return [{ ...fresh, others: subjectsOf(known, thread, fresh.subject) }];
  const earlier = to.channel.grouping === 'hold' ? [...own, ...others] : own;
  const resting = Math.max(0, ...earlier.filter(isWaiting).map(({ rest_until }) => rest_until));
  return [
    ...replaced(earlier.filter((each) => isOutdone(each, fresh))),
    { ...fresh, others: others.length, rest_until: resting },
  ];
}

/** The filters; but whoever was told of an alert is told what becomes of it. */
function isWanted({ notice, to, now }: Offer, own: readonly Delivery[]): boolean {
  if (notice.alert === null) return to.config.states && notice.strategy !== null;
  if (own.length > 0) return true;
  if (!matches(notice, to.config)) return false;
  // What was told so long ago that the outbox forgot it may still be open at the receiver.
  return notice.what !== 'closed' || Date.parse(notice.alert.opened_at) < now - KEPT_MS;
}

function matches(notice: Notice, config: ChannelConfig): boolean {
  const { severity, strategy, technique, entity } = notice.alert!.finding;
  return (
    SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(config.minimum_severity) &&
    config.strategies.some((glob) => globMatches(glob, strategy) || globMatches(glob, technique)) &&
    config.workloads.some((glob) => globMatches(glob, entity.name))
  );
}

/** An alert stays in the thread in which it was told first, also when its incident becomes part of another. */
function threadOf(notice: Notice, to: NamedChannel, own: readonly Delivery[]): string {
  if (to.channel.grouping === 'each') return subjectOf(notice);
  return own.at(-1)?.thread ?? incidentOf(notice);
}

function newDelivery({ notice, to, now, nextPlace }: Offer, thread: string): Delivery {
  return {
    channel: to.config.name,
    notice: notice.id,
    revision: 1,
    thread,
    subject: subjectOf(notice),
    what: notice.what,
    severity: notice.alert?.finding.severity ?? messageOf(notice, thread).severity,
    version: notice.alert?.version ?? 0,
    place: nextPlace(),
    state: 'waiting',
    attempts: 0,
    offered_at: now,
    since: now,
    due_at: now,
    attempted_at: 0,
    rest_until: 0,
    parcel: '',
    others: 0,
    answer: '',
    body: safeJson(cutToFit(notice)),
  };
}

const isWaiting = ({ state }: Delivery): boolean => state === 'waiting';

const isToldOpen = ({ what }: Delivery): boolean => what === 'opened' || what === 'escalated';

/** The last word on each other alert of the thread that has not closed. */
function openOthers(known: readonly Delivery[], thread: string, subject: string): Delivery[] {
  const last = new Map<string, Delivery>();
  for (const each of [...known].sort((a, b) => a.place - b.place)) {
    if (each.thread === thread && each.subject !== subject) last.set(each.subject, each);
  }
  return [...last.values()].filter(isToldOpen);
}

const subjectsOf = (known: readonly Delivery[], thread: string, subject: string): number =>
  new Set(
    known.filter((each) => each.thread === thread && each.subject !== subject).map((each) => each.subject),
  ).size;

/** Whether a person who was told of the incident learns nothing new: it is open still, and no worse than was said. */
function isToldAlready(fresh: Delivery, others: readonly Delivery[], known: readonly Delivery[]): boolean {
  if (others.length === 0) return false;
  const rank = (severity: Severity): number => SEVERITIES.indexOf(severity);
  const told = known.filter(
    (each) => each.thread === fresh.thread && isToldOpen(each) && (each.state === 'sent' || !isSettled(each)),
  );
  return told.some((each) => rank(each.severity) <= rank(fresh.severity));
}

/** That a strategy saw worse for a while is told still, before it is told that it sees better. */
const isOutdone = (earlier: Delivery, fresh: Delivery): boolean =>
  fresh.what !== 'state' || SEVERITIES.indexOf(earlier.severity) >= SEVERITIES.indexOf(fresh.severity);

const isSettled = ({ state }: Delivery): boolean =>
  state === 'held' || state === 'replaced' || state === 'failed';

const held = (delivery: Delivery): Delivery => ({ ...delivery, state: 'held', body: '' });

/** What waits to tell an older state: the newer one is told instead. */
const replaced = (deliveries: readonly Delivery[]): Delivery[] =>
  deliveries.filter(isWaiting).map((each) => changed(each, { state: 'replaced', body: '' }));
