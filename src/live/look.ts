/** What those share who look at the rows. */

/** They must not keep the ticks waiting for long: they use one engine. */
export const LONGEST_SECONDS = 30;

/** A moment as ISO 8601 UTC. */
export const iso = (column: string): string => `formatDateTime(${column}, '%FT%T.%fZ', 'UTC')`;
export const seconds = (column: string): string => `formatDateTime(${column}, '%FT%TZ', 'UTC')`;
