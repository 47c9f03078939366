import type { Entity, Severity } from '../model/hunt-result.js';
import type { KeptFinding, LiveStrategy, Notice, TroubleNews } from '../model/live.js';
import { countOf, formatBytes } from '../output/format.js';
import { describeDestination } from '../output/summary.js';
import { clean } from './clean.js';

/** Destinations that are named; the others are counted. */
const MOST_DESTINATIONS = 5;

/**
 * What is told of one notice. Every text is one line without control or direction characters and bounded in length; markup
 * is still in it and is for each channel to escape. `alert` and `strategy` are as they were stored: raw.
 */
export interface Message {
  /** Of the notice; the same whenever the same state is told. */
  id: string;
  /** What belongs together at the receiver: an alert, an incident, or a strategy's states. */
  thread: string;
  what: Notice['what'] | 'test';
  /** ISO 8601 UTC */
  at: string;
  title: string;
  /** The sentence that says why; of a strategy, its reasons. */
  why: string;
  severity: Severity;
  /** Label and value, in the order in which they are read. */
  facts: Fact[];
  /** The next command; '' when there is none. */
  next: string;
  alert: KeptFinding | null;
  strategy: LiveStrategy | null;
}

export interface Fact {
  label: string;
  value: string;
}

/** What goes to a channel in one go. */
export interface Parcel {
  /** The same on each attempt: of the only message, or of the digest. */
  id: string;
  /** An earlier attempt may have reached the receiver. */
  isRepeat: boolean;
  /** At least one. */
  messages: Message[];
}

/** @param others further alerts of the same incident that are not told by themselves */
export function messageOf(notice: Notice, thread: string, others = 0): Message {
  const { id, what, at } = notice;
  const told = notice.alert ? ofAlert(notice.alert, what, others) : ofStrategy(notice.strategy!, notice.news);
  return { id, thread, what, at, ...told, alert: notice.alert, strategy: notice.strategy };
}

type Told = Pick<Message, 'title' | 'why' | 'severity' | 'facts' | 'next'>;

function ofAlert(alert: KeptFinding, what: Notice['what'], others: number): Told {
  const { finding } = alert;
  const severity = finding.severity;
  const name = `${clean(finding.title, 100)}: ${clean(finding.entity.name, 150)}`;
  const word = severity.toUpperCase();
  const titles: Partial<Record<Notice['what'], string>> = {
    escalated: `Now ${word}: ${name}`,
    closed: `Closed: ${name}`,
  };
  const facts = [
    { label: 'Severity', value: `${severity}, score ${finding.score.toFixed(2)}` },
    { label: 'Entity', value: describeEntity(finding.entity) },
    { label: 'Window', value: clean(`${finding.window.from} to ${finding.window.to}`, 100) },
    ...destinationFacts(alert),
    { label: 'Technique', value: clean(`${finding.technique} ${finding.title}`, 150) },
    { label: 'Incident', value: clean(finding.incident, 100) + also(others) },
    { label: 'Finding', value: clean(finding.uid, 100) },
  ];
  return {
    title: titles[what] ?? `${word}: ${name}`,
    why: clean(finding.why, 800),
    severity,
    facts,
    next: nextOf(alert.uid),
  };
}

const also = (others: number): string => (others === 0 ? '' : `, with ${countOf(others, 'further finding')}`);

function describeEntity({ kind, name, ip, image }: Entity): string {
  const beside = [ip === name ? null : ip, image].filter((each) => each !== null && each !== '');
  const more = beside.length === 0 ? '' : ` (${clean(beside.join(', '), 200)})`;
  return `${kind} ${clean(name, 150)}${more}`;
}

function destinationFacts({ finding }: KeptFinding): Fact[] {
  if (finding.destinations.length === 0) return [];
  const all = [...finding.destinations].sort((a, b) => b.bytes_out - a.bytes_out);
  const named = all
    .slice(0, MOST_DESTINATIONS)
    .map((to) => `${clean(describeDestination(to), 120)}, ${formatBytes(to.bytes_out)}`);
  const more = all.length - named.length;
  return [
    { label: 'Sent to', value: named.join('; ') + (more > 0 ? `; ${countOf(more, 'more', 'more')}` : '') },
  ];
}

/** An id of ours is plain; anything else is not put into a command that somebody may paste. */
const nextOf = (uid: string): string =>
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(uid) ? `stowaway findings show ${uid}` : 'stowaway findings list';

const SIGHT: Record<LiveStrategy['sight'], { says: string; severity: Severity }> = {
  blind: { says: 'is blind', severity: 'high' },
  degraded: { says: 'is degraded', severity: 'medium' },
  whole: { says: 'sees again', severity: 'informational' },
};

function ofStrategy(strategy: LiveStrategy, news?: TroubleNews): Told {
  const { says, severity } = SIGHT[strategy.sight];
  const name = clean(`${strategy.technique} ${strategy.title}`, 150);
  const more = news ? `, ${news.came.length > 0 ? 'now for another reason, too' : 'for fewer reasons'}` : '';
  return {
    title: `${name} ${says}${more}`,
    why: clean(whyOf(strategy, news) || 'Everything it needs is there.', 800),
    severity,
    facts: [
      { label: 'Strategy', value: clean(strategy.id, 150) },
      { label: 'State', value: strategy.state },
      { label: 'Since', value: clean(strategy.since, 40) },
    ],
    next: strategy.sight === 'whole' ? '' : 'stowaway sources doctor',
  };
}

/** What is new comes first: the reasons may be more than there is room for. */
function whyOf({ reasons }: LiveStrategy, news?: TroubleNews): string {
  if (!news) return reasons.join('; ');
  const { came, went } = news;
  const still = reasons.filter((reason) => !came.includes(reason));
  return Object.entries({ new: came, over: went, still })
    .filter(([, told]) => told.length > 0)
    .map(([word, told]) => `${word}: ${told.join('; ')}`)
    .join('. ');
}

/** A message that says of itself that it is a test. */
export function testMessage(id: string, at: string): Message {
  return {
    id,
    thread: id,
    what: 'test',
    at,
    title: 'TEST: Stowaway can reach this channel',
    why: 'Somebody asked for this test message. Nothing happened, and nothing is to be done.',
    severity: 'informational',
    facts: [{ label: 'Test', value: id }],
    next: '',
    alert: null,
    strategy: null,
  };
}

/** `12 alerts in one message: 3 high, 9 medium`. */
export function digestTitle(messages: readonly Message[]): string {
  const counts = new Map<string, number>();
  for (const { severity } of messages) counts.set(severity, (counts.get(severity) ?? 0) + 1);
  const parts = [...counts].map(([severity, count]) => `${count} ${severity}`);
  return `${countOf(messages.length, 'message')} in one: ${parts.join(', ')}`;
}
