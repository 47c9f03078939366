/** What a token may be used for. */
export const PERMISSIONS = {
  read: 'look at findings, status, strategies, sources, metrics and the stream',
  triage: 'give verdicts, write notes, assign, close and reopen findings, plan responses',
  tune: 'change parameters and allowances, start test attacks, try failed notifications again',
  respond: 'approve, carry out and revert responses',
  ingest: 'hand over logs',
  administer: 'make and revoke tokens, read the audit log',
} as const;

export type Permission = keyof typeof PERMISSIONS;

/**
 * Which role may do what: the one table that server, tests and documents go by. Nobody who administers hands over logs: a producer's
 * token lies in a configuration file, and must open nothing else.
 */
export const ROLES = {
  viewer: ['read'],
  analyst: ['read', 'triage'],
  engineer: ['read', 'triage', 'tune'],
  responder: ['read', 'triage', 'respond'],
  ingest: ['ingest'],
  admin: ['read', 'triage', 'tune', 'respond', 'administer'],
} as const satisfies Record<string, readonly Permission[]>;

export type Role = keyof typeof ROLES;

export const ROLE_NAMES = Object.keys(ROLES) as [Role, ...Role[]];

export const may = (role: Role, permission: Permission): boolean =>
  (ROLES[role] as readonly Permission[]).includes(permission);
