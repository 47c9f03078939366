/**
 * What the parts of `stowaway serve` say to each other: inputs hand lines to the journal, the journal hands segments to the
 * detector, the detector keeps findings, and what became of them goes to notifications, the API and the console.
 */
import type {
  EvidenceClass,
  EvidenceRow,
  Finding,
  FindingDetail,
  Severity,
  StrategyStateName,
} from './hunt-result.js';
import type { Precision } from './precision.js';
import type { VerdictWord } from './verdict-file.js';

/** Lines that were acknowledged and wait to be loaded: a file on disk, whole and synced. */
export interface Segment {
  path: string;
  bytes: number;
  /** Who gave it, as rows name it: `http:webhook`, `/var/log/zeek/conn.log`, `syslog:udp`. */
  input: string;
  /** Id of the source it was said to be; null: told by its content. */
  source: string | null;
  /** ISO 8601 UTC of the last line's arrival. */
  arrived: string;
}

/** More was offered than may lie unread on disk; who asks later may be taken. */
export class JournalFull extends Error {
  override name = 'JournalFull';
  constructor(readonly retryAfterSeconds: number) {
    super('the journal is full');
  }
}

/** Keeps what inputs hand over until it is loaded. What `append` resolved for survives a crash. */
export interface Journal {
  /**
   * Appends whole lines (a missing newline at the end is added). Resolves once they are synced.
   *
   * @param header whole lines that those appended cannot be read without (names of columns); a segment that begins with them begins with these
   * @throws JournalFull, and the disk's own error when it cannot be written
   */
  append(input: string, lines: Buffer, source?: string | null, header?: Buffer): Promise<void>;
  /** Closes what is open and lists every segment that waits, oldest first. */
  take(): Promise<Segment[]>;
  /** Its rows are stored and counted. */
  remove(segment: Segment): Promise<void>;
  status(): { segments: number; bytes: number; maxBytes: number; refused: number };
}

/** Where a finding stands in its life. */
export type FindingState = 'open' | 'closed';

/** A finding that is kept: it grows while its episode lasts, closes with hysteresis, and may open again. */
export interface KeptFinding {
  uid: string;
  finding: Finding;
  state: FindingState;
  /** Rises by one with each change that is kept. */
  version: number;
  /** ISO 8601 UTC */
  opened_at: string;
  updated_at: string;
  closed_at: string | null;
  verdict: VerdictWord | null;
  assignee: string | null;
}

export const FINDING_EVENTS = [
  'opened',
  'grew',
  'suppressed',
  'unsuppressed',
  'closed',
  'reopened',
  'verdict',
  'note',
  'assigned',
] as const;

/** Something that happened to a finding: who, when, why. */
export interface FindingEvent {
  uid: string;
  /** Version of the finding that it made; a note leaves it as it was. */
  version: number;
  /** ISO 8601 UTC */
  at: string;
  what: (typeof FINDING_EVENTS)[number];
  /** `stowaway`, or the name of a token's holder. */
  who: string;
  why: string;
}

/** What a person may do to a finding. */
export type FindingChange =
  | { what: 'verdict'; verdict: VerdictWord; why: string }
  | { what: 'note'; why: string }
  | { what: 'assigned'; assignee: string | null; why: string }
  | { what: 'closed'; why: string }
  | { what: 'reopened'; why: string };

export interface FindingFilter {
  state?: FindingState;
  /** Suppressed ones are left out unless they are asked for. */
  suppressed?: boolean;
  strategy?: string;
  entity?: string;
  incident?: string;
  severity?: Finding['severity'][];
  /** Text in entity, why or destinations; case does not matter. */
  search?: string;
  verdict?: VerdictWord | 'none';
  /** `none`: nobody's. */
  assignee?: string;
  /** Id of the allowance that hides them. */
  allowance?: string;
  /** Default `recent`: open before closed, the latest first. */
  sort?: 'recent' | 'score' | 'severity';
  /** 1..1000; default 100 */
  limit?: number;
  /** `next` of the page before. */
  after?: string;
}

export interface FindingPage {
  findings: KeptFinding[];
  /** How many match, over all pages. */
  total: number;
  next: string | null;
}

/** The findings that are kept, and what people do with them. */
export interface Findings {
  list(filter: FindingFilter): Promise<FindingPage>;
  get(
    uid: string,
  ): Promise<{ kept: KeptFinding; detail: FindingDetail | null; events: FindingEvent[] } | null>;
  /** @returns the finding after it; null when there is none of that uid. */
  change(uid: string, change: FindingChange, who: string): Promise<KeptFinding | null>;
  /** Called after a change was stored. The function returned ends it. */
  onChange(listener: (kept: KeptFinding, event: FindingEvent) => void): () => void;
}

/** How well a strategy can look. */
export type Sight = 'whole' | 'degraded' | 'blind';

/** State of a strategy over time. */
export interface LiveStrategy {
  id: string;
  technique: string;
  title: string;
  /** fired: a finding of it is open, however well it sees; else quiet, degraded or blind as its sight is. */
  state: StrategyStateName;
  sight: Sight;
  /** Why its sight is not whole. */
  reasons: string[];
  /** ISO 8601 UTC of when this state and sight began, or, where that was later, of when what takes sight was last told to be another. */
  since: string;
}

/** What takes sight now that did not before, and what does no more, as reasons say it. */
export interface TroubleNews {
  came: string[];
  went: string[];
}

/** A change of a strategy's state or sight, or of what takes sight. */
export interface StateChange {
  before: LiveStrategy | null;
  after: LiveStrategy;
  /** Where the sight is as it was; null: it is for the same reasons. */
  news: TroubleNews | null;
}

export interface LiveSource {
  source: string;
  events: number;
  rejected: number;
  /** ISO 8601 UTC; event time of the latest row, and when the last row arrived. */
  latest_event: string | null;
  last_arrival: string | null;
  /** What is wrong with it now: silence, a clock far off, a field that disappeared; '' when nothing is. */
  trouble: string;
}

/** Why something that happened is not stored. */
export interface Loss {
  why: string;
  /** Ids of the sources that it is about; none: it could be any. */
  sources: readonly string[];
}

/** How a running `serve` is. */
export interface LiveStatus {
  /** ISO 8601 UTC */
  started: string;
  /** The first tick is done, and it goes on: false again while nothing could be loaded or judged for two minutes. */
  ready: boolean;
  ticks: {
    count: number;
    failed: number;
    last_seconds: number;
    /** ISO 8601 UTC of the last one that was completed. */
    last_at: string | null;
    last_error: string | null;
  };
  events_stored: number;
  events_rejected: number;
  /** Loads whose rows did not add up: they are tried again. */
  mismatches: number;
  last_mismatch: string | null;
  /** Segments with lines that nobody could read, set aside for a hunt. */
  segments_unread: number;
  strategies: LiveStrategy[];
  sources: LiveSource[];
}

/** One change of one alert that somebody is to be told of. */
export interface Notice {
  /** The same for the same state of the same alert, whoever asks and however often. */
  id: string;
  what: 'opened' | 'escalated' | 'closed' | 'state';
  alert: KeptFinding | null;
  /** For `state`: the strategy that went blind, degraded or back. */
  strategy: LiveStrategy | null;
  /** For `state`, where the sight is as it was: what else takes it now. */
  news?: TroubleNews;
  /** ISO 8601 UTC */
  at: string;
}

/** How many findings match, by what they can be told apart by. */
export interface FindingSummary {
  total: number;
  severity: Partial<Record<Severity, number>>;
  strategy: Record<string, number>;
}

/** The bytes of a finding over time, for a picture in a line. */
export type FindingSeries = Pick<FindingDetail, 'uid' | 'bucket_seconds' | 'series' | 'baseline'>;

export interface EvidenceFilter {
  source?: string;
  class?: EvidenceClass;
  /** 1..1000; default 200 */
  limit?: number;
  /** `next` of the page before. */
  after?: string;
}

export interface EvidencePage {
  rows: EvidenceRow[];
  total: number;
  next: string | null;
}

/** What one source had at the time of a finding. */
export interface SourceLane {
  source: string;
  /** Rows of evidence, by bucket and class. */
  evidence: { bucket: number; class: EvidenceClass; rows: number }[];
  /** Rows of anything, by bucket: a bucket that is not there is one in which the source was silent. */
  alive: { bucket: number; rows: number }[];
}

export interface FindingLanes {
  /** ISO 8601 UTC of where the first bucket begins and the last one ends. */
  from: string;
  to: string;
  bucket_seconds: number;
  lanes: SourceLane[];
}

/** Uploads of a finding's entity to one of its destinations, as they came. */
export interface FindingContacts {
  peer: string;
  /** ISO 8601 UTC and bytes; at most some thousands, the latest. */
  contacts: { time: string; bytes_out: number; bytes_in: number }[];
  total: number;
}

/** What a finding's entity sent minute by minute, and at whom; targets that it hardly met are left out. */
export interface FindingFlood {
  /** ISO 8601 UTC of where the minute begins; futile: connections that nothing came of. */
  minutes: { time: string; connections: number; futile: number; packets: number }[];
  /** Of as many minutes before in which it met somebody, the median and the 99th of a hundred; null: there are too few. */
  usual: { minutes: number; connections: UsualRange; packets: UsualRange } | null;
  /** The ones it met most. */
  targets: {
    ip: string;
    peer: string;
    port: number;
    protocol: string;
    connections: number;
    packets: number;
  }[];
  targets_total: number;
}

export interface UsualRange {
  median: number;
  upper: number;
}

/** What was done to a finding's entity while its bytes left. */
export interface FindingMark {
  /** ISO 8601 UTC */
  time: string;
  /** container: one of it started. image: one of an image it had not run before. exec: a command was started in one that ran. */
  what: 'container' | 'image' | 'exec';
  text: string;
}

/** Who somebody is, as far as the sensors told, and what went in and out. */
export interface EntityPicture {
  kind: string;
  name: string;
  containers: { container_uid: string; container_name: string; image: string }[];
  addresses: { ip: string; from: string; to: string; confidence: number }[];
  bucket_seconds: number;
  /** ISO 8601 UTC; out: sent to outside; in: received from inside, as far as sizes are known. */
  traffic: { time: string; out: number; in: number }[];
  peers: {
    peer: string;
    port: number;
    app: string;
    is_inside: boolean;
    role: 'initiator' | 'responder';
    first: string;
    last: string;
    bytes_out: number;
    bytes_in: number;
    connections: number;
  }[];
  peers_total: number;
}

/** Findings of a strategy that opened on a day (UTC). */
export interface StrategyDay {
  strategy: string;
  day: string;
  findings: number;
}

/** Questions about what is behind findings, answered by the rows. */
export interface Investigations {
  summary(filter: FindingFilter): Promise<FindingSummary>;
  /** How often findings were right, by strategy and by each analytic that counted in them. */
  precision(): Promise<Precision[]>;
  /** Of the last two weeks; a day without is left out. */
  days(): Promise<StrategyDay[]>;
  series(uids: string[]): Promise<FindingSeries[]>;
  /** null: there is no such finding. */
  evidence(uid: string, filter: EvidenceFilter): Promise<EvidencePage | null>;
  lanes(uid: string): Promise<FindingLanes | null>;
  contacts(uid: string): Promise<FindingContacts[] | null>;
  flood(uid: string): Promise<FindingFlood | null>;
  marks(uid: string): Promise<FindingMark[] | null>;
  entity(kind: string, name: string): Promise<EntityPicture | null>;
}
