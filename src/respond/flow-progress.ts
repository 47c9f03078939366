import type { Flow } from './conntrack.js';
import type { Watched } from './watched.js';

/** What moved since watching began, cumulative. */
export interface Progress {
  /** Epoch milliseconds at which the table had been read. */
  at: number;
  /** Sent by the watched addresses. */
  out_bytes: number;
  out_packets: number;
  /** Sent to them. */
  in_bytes: number;
  in_packets: number;
  /** Flows of the watched addresses in the table. */
  flows: number;
  /** Entries with counters, of whomever. */
  counted: number;
  /** Bytes by flow that is not watched, both directions; the control is chosen among them. */
  others: Map<string, number>;
}

/** Turns snapshots of a table, from which flows vanish, into sums that only grow. */
export class FlowProgress {
  readonly timeline: Progress[] = [];
  #last = new Map<string, Flow>();
  #isFirst = true;

  constructor(private readonly watched: Pick<Watched, 'sideOf'>) {}

  add(at: number, flows: Flow[]): void {
    const before = this.timeline.at(-1);
    const now: Progress = {
      at,
      out_bytes: before?.out_bytes ?? 0,
      out_packets: before?.out_packets ?? 0,
      in_bytes: before?.in_bytes ?? 0,
      in_packets: before?.in_packets ?? 0,
      flows: 0,
      counted: flows.length,
      others: new Map(before?.others),
    };
    for (const flow of flows) this.#addFlow(now, flow);
    this.#last = new Map(flows.map((flow) => [flow.id, flow]));
    this.#isFirst = false;
    this.timeline.push(now);
  }

  #addFlow(now: Progress, flow: Flow): void {
    // What a flow had sent before the first look is history; a flow that is new later has moved all of it since.
    const last = this.#last.get(flow.id) ?? (this.#isFirst ? flow : null);
    const grown = (key: 'bytes' | 'packets' | 'answer_bytes' | 'answer_packets') =>
      Math.max(0, flow[key] - (last?.[key] ?? 0));
    const side = this.watched.sideOf(flow);
    if (side !== null) {
      const isSender = side === 'source';
      now.flows += 1;
      now.out_bytes += grown(isSender ? 'bytes' : 'answer_bytes');
      now.out_packets += grown(isSender ? 'packets' : 'answer_packets');
      now.in_bytes += grown(isSender ? 'answer_bytes' : 'bytes');
      now.in_packets += grown(isSender ? 'answer_packets' : 'packets');
      return;
    }
    const moved = grown('bytes') + grown('answer_bytes');
    if (moved === 0) return;
    const name = `${flow.protocol} ${flow.source} to ${flow.destination} (${flow.id})`;
    now.others.set(name, (now.others.get(name) ?? 0) + moved);
  }
}
