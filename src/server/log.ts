import { type DestinationStream, type Logger, pino } from 'pino';
import { forJsonOutput } from '../output/escape.js';

export type { Logger } from 'pino';

/** Keys under which a secret might come along, at the top or one level down. */
const SECRET_KEYS = ['authorization', 'cookie', 'token', 'secret', 'password', 'apiKey', 'key'];
/** Our own tokens, wherever in a text they stand, and what an Authorization header carries. */
const SECRET_TEXT = /stow_[A-Za-z0-9_-]{8,}|\b(?:Bearer|Basic|Splunk|ApiKey)\s+[A-Za-z0-9+/=._~-]{8,}/g;

/**
 * The only place that writes logs of the server: one JSON object a line, on `out`. Values cannot break out of their line, show no
 * terminal code, and hold no secret.
 */
export function openLog(out: DestinationStream, level = 'info'): Logger {
  const safe: DestinationStream = {
    write: (line) => out.write(forJsonOutput(line).replace(SECRET_TEXT, '[secret]')),
  };
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`]), censor: '[secret]' },
    },
    safe,
  );
}
