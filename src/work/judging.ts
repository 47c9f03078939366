import { join } from 'node:path';
import { Detector } from '../live/detector.js';
import { Explore } from '../live/explore/explore.js';
import { GivenAllowances } from '../live/given-allowances.js';
import { Investigate } from '../live/investigate.js';
import { KeptFindings } from '../live/kept-findings.js';
import { LiveAllowances } from '../live/live-allowances.js';
import { oneAtATime } from '../live/one-at-a-time.js';
import { Tuning } from '../live/tuning.js';
import type { Config } from '../model/config.js';
import type { InputProblem } from '../model/hunt-result.js';
import type { Journal, LiveStatus, Loss } from '../model/live.js';
import { packageVersion } from '../model/paths.js';
import { deliveryTable } from '../notify/delivery-table.js';
import { openChannels } from '../notify/open-channels.js';
import { openOutbox } from '../notify/outbox.js';
import type { Content } from '../pipeline.js';
import type { Logger } from '../server/log.js';
import type { Store } from '../store/store.js';
import { openTelling, type Tell, tellGivenUp } from './tell.js';
import type { Answers } from './work.js';

export interface JudgingParts {
  store: Store;
  /** null: other parts of this process, and other processes, load. */
  journal: Journal | null;
  content: Content;
  config: Config;
  stateFolder: string;
  /** What inputs do not take though they should. */
  missing: () => Loss[];
  environment: (name: string) => string | undefined;
  onProblem: (problem: InputProblem) => void;
  log: Logger;
}

/** The part of a server that judges, keeps findings and tells of them: one at a time over a store. */
export interface Judging {
  answers: Answers;
  /** Returns whether more waits to be loaded. */
  tick(how?: { isLast: boolean }): Promise<boolean>;
  /** Runs something between two ticks, while the tables stand still. */
  between<T>(work: () => Promise<T>): Promise<T>;
  tell: Tell;
  status(): LiveStatus;
}

export async function openJudging(parts: JudgingParts): Promise<Judging> {
  const { store, journal, content, config, stateFolder, log } = parts;
  const [findings, given] = await Promise.all([KeptFindings.in(store), GivenAllowances.in(store)]);
  const outbox = await openOutbox({
    table: deliveryTable(store, Date.now),
    channels: openChannels(config.notify.channels, {
      environment: parts.environment,
      version: await packageVersion(),
    }),
    onGivenUp: tellGivenUp(log),
  });
  const { tell, stateChanged } = openTelling(findings, outbox, log);
  const detector = await Detector.over({
    store,
    journal,
    content,
    findings,
    given,
    scratch: join(stateFolder, 'scratch'),
    unread: join(stateFolder, 'unread'),
    onProblem: parts.onProblem,
    missing: parts.missing,
    settings: { keptDays: config.serve.keep_days.events },
    onState: stateChanged,
  });
  const between = oneAtATime();
  return {
    answers: {
      findings,
      outbox,
      investigations: new Investigate(detector.lookedAt()),
      explorations: new Explore(detector.lookedAt()),
      allowances: new LiveAllowances({
        ...{ given, findings, strategies: content.strategies, stated: content.references.allowances },
        judgement: () => detector.judgement(),
      }),
      tuning: new Tuning({
        ...{ strategies: content.strategies, inTurn: between },
        judgement: () => detector.judgement(),
        kept: () => findings.recent(new Date()),
      }),
    },
    tick: (how) => between(() => detector.tick(how)),
    between,
    tell,
    status: () => detector.status(),
  };
}
