import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { InputStatus } from '../collect/intake.js';
import type { Tuning } from '../live/tuning.js';
import type { Explorations } from '../model/explore.js';
import type { Findings, Investigations, Journal, LiveStatus } from '../model/live.js';
import type { Allowances } from '../model/live-allowances.js';
import type { TestAttacks } from '../model/test-attacks.js';
import type { Outbox } from '../notify/outbox.js';
import type { Responder } from '../respond/responder.js';
import type { AuditLog } from './audit-log.js';
import type { Catalogue } from './catalogue.js';
import type { Limits } from './limits.js';
import type { Logger } from './log.js';
import type { Metrics } from './metrics.js';
import type { Sessions } from './sessions.js';
import type { SourceNames } from './source-names.js';
import type { Token, TokenStore } from './tokens.js';

/** What hono carries along with a request. */
export interface Env {
  Bindings: HttpBindings;
  Variables: { token: Token };
}

export type Request = Context<Env>;

/** What the endpoints work with. */
export interface Parts {
  journal: Journal;
  findings: Findings;
  outbox: Pick<Outbox, 'status' | 'failed' | 'retry'>;
  investigations: Investigations;
  explorations: Explorations;
  allowances: Allowances;
  tuning: Pick<Tuning, 'parameters' | 'backtest'>;
  catalogue: Catalogue;
  status: () => LiveStatus;
  inputs?: () => InputStatus[];
  isDemo?: boolean;
  tokens: TokenStore;
  audit: AuditLog;
  limits: Limits;
  names: SourceNames;
  sessions: Sessions;
  responder: Responder;
  testAttacks: TestAttacks;
  metrics: Metrics;
  log: Logger;
  now: () => Date;
}

/** Address of who asks. What a proxy writes into headers is not believed: anybody can write it. */
export const clientOf = (c: Request): string => c.env.incoming.socket.remoteAddress ?? '';
