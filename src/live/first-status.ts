import type { LiveStatus } from '../model/live.js';

/** Of a process that has done nothing yet. */
export const firstStatus = (): Omit<
  LiveStatus,
  'strategies' | 'sources' | 'events_stored' | 'events_rejected'
> => ({
  started: new Date().toISOString(),
  ready: false,
  ticks: { count: 0, failed: 0, last_seconds: 0, last_at: null, last_error: null },
  mismatches: 0,
  last_mismatch: null,
  segments_unread: 0,
});
