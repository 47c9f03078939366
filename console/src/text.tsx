import { clip, DISPLAY_LIMIT, forTerminal } from '../../src/output/escape.js';

/**
 * Text that came out of a log: one line, of bounded length, in which control characters, direction overrides and what cannot be seen are
 * written out. React makes a text node of it, never markup.
 */
export const shown = (text: string, limit: number = DISPLAY_LIMIT): string => forTerminal(clip(text, limit));

/** Such text with its reading direction kept to itself. */
export function Logged({ text, limit, mono = false }: { text: string; limit?: number; mono?: boolean }) {
  return <bdi className={mono ? 'mono' : undefined}>{shown(text, limit)}</bdi>;
}
