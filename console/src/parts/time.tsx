import { formatTime } from '../../../src/output/format.js';
import { useNow } from './now.js';

/** An absolute time with its zone; how long ago stands in its title. */
export function Time({ at }: { at: string }) {
  return (
    <time dateTime={at} title={`${formatTime(at)} UTC`} className="nowrap">
      {formatTime(at)}
    </time>
  );
}

/** How long ago, with the absolute time in its title. */
export function Ago({ at }: { at: string }) {
  const now = useNow();
  const seconds = Math.max(0, (now - Date.parse(at)) / 1000);
  return (
    <time dateTime={at} title={`${formatTime(at)} UTC`} className="nowrap">
      {agoOf(seconds)}
    </time>
  );
}

const UNITS: [name: string, seconds: number][] = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
];

/** In whole units: nobody asks for tenths of a minute. */
function agoOf(seconds: number): string {
  const [name, size] = UNITS.find(([, size]) => seconds >= 2 * size) ?? ['s', 1];
  return seconds < 5 ? 'just now' : `${Math.floor(seconds / size)} ${name} ago`;
}
