import type { ChannelConfig } from '../model/notify-config.js';
import type { Parcel } from './message.js';

/** What became of a parcel. */
export interface Receipt {
  /**
   * `taken`: the receiver has it, as far as its protocol says. `later`: it does not, or nobody knows; the channel is tried
   * again. `refused`: the receiver says that this very message is wrong, and will not change its mind.
   */
  outcome: 'taken' | 'later' | 'refused';
  /** What the receiver answered, or what went wrong: one bounded line without secrets. */
  answer: string;
  /** How long the receiver asked to be left alone. */
  retryAfterSeconds?: number;
}

/** How further findings of an incident that was told already are told. */
export type Grouping =
  /** By themselves: the receiver is a program. */
  | 'each'
  /** By themselves under the incident's key, which the receiver joins without calling anybody again. */
  | 'update'
  /** Not, unless they are worse than what was told: the receiver is a person. */
  | 'hold';

/** One way to tell people. Sends what it is given, once, and keeps no state; when and how often is the outbox's matter. */
export interface Channel {
  readonly grouping: Grouping;
  /** Whether one parcel may hold several messages. */
  readonly canJoin: boolean;
  /** Never throws and never takes longer than a stated time. `parcel` has one message unless `canJoin`. */
  send(parcel: Parcel): Promise<Receipt>;
  /** Whether the receiver has the whole parcel already; for receivers that can be asked. */
  has?(parcel: Parcel): Promise<boolean>;
}

/** A channel as the configuration states it. */
export interface NamedChannel {
  readonly config: ChannelConfig;
  readonly channel: Channel;
}
