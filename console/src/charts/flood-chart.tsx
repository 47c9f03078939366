import type { FindingFlood } from '../../../src/model/live.js';
import { formatClock, formatCount, formatTime } from '../../../src/output/format.js';
import { linearScale, niceTicks } from '../../../src/output/scale.js';
import { Picture, TimeAxis, timeScale, ValueAxis, WindowShade } from './frame.js';
import { UsualBand } from './usual-band.js';

const [TOP, BOTTOM, HEIGHT] = [24, 176, 202];
const MINUTE_MS = 60_000;
/** As much as was asked for before and after: a flood of seconds stands in its quiet. */
const LEAD_MS = 5 * MINUTE_MS;
const floorOf = (time: string): number => Math.floor(Date.parse(time) / MINUTE_MS) * MINUTE_MS;

type Measure = 'connections' | 'packets';

/** What stands out more against what is usual: many connections, or many packets in few. */
function measureOf({ minutes, usual }: FindingFlood): Measure {
  const excess = (of: Measure) =>
    Math.max(...minutes.map((minute) => minute[of])) / Math.max(1, usual?.[of].upper ?? 1);
  const isPacketFlood = usual
    ? excess('packets') > excess('connections')
    : // A connection of an ordinary request is some tens of packets.
      excess('packets') > 1000 * excess('connections');
  return isPacketFlood ? 'packets' : 'connections';
}

/** Minute by minute against what is usual, with what came to nothing told apart. */
export function FloodChart({ flood, window }: { flood: FindingFlood; window: { from: string; to: string } }) {
  const { minutes, usual } = flood;
  const measure = measureOf(flood);
  const range = usual?.[measure] ?? null;
  const domain = [floorOf(window.from) - LEAD_MS, floorOf(window.to) + MINUTE_MS + LEAD_MS] as const;
  const x = timeScale(domain);
  const ticks = niceTicks(Math.max(...minutes.map((minute) => minute[measure]), range?.upper ?? 0));
  const y = linearScale([0, ticks.at(-1)!], [BOTTOM, TOP]);
  const upper = range?.upper ?? Number.POSITIVE_INFINITY;
  const width = Math.max(1, x(domain[0] + MINUTE_MS) - x(domain[0]) - 1);
  return (
    <Picture
      sentence={sentenceOf(flood, measure)}
      height={HEIGHT}
      table={{
        columns: ['Minute (UTC)', 'Connections', 'Of them in vain', 'Packets', 'Against the usual range'],
        rows: minutes.map((minute) => [
          formatTime(minute.time),
          formatCount(minute.connections),
          formatCount(minute.futile),
          formatCount(minute.packets),
          range === null ? 'not known' : minute[measure] > upper ? 'above usual' : 'usual',
        ]),
      }}
    >
      <WindowShade window={window} domain={domain} top={TOP} bottom={BOTTOM} />
      <TimeAxis domain={domain} top={TOP} bottom={BOTTOM} />
      <ValueAxis ticks={ticks} y={y} label={formatCount} />
      {minutes.map((minute) => {
        const at = x(Date.parse(minute.time));
        const vain = measure === 'connections' ? minute.futile : 0;
        return (
          <g key={minute.time}>
            <rect
              className={minute[measure] > (range?.upper ?? 0) ? 'bar above' : 'bar'}
              {...{ x: at, width, y: y(minute[measure]), height: BOTTOM - y(minute[measure]) }}
            >
              <title>{`${formatClock(minute.time)} UTC ${formatCount(minute[measure])} ${measure}`}</title>
            </rect>
            {vain > 0 && (
              <rect className="bar vain" {...{ x: at, width, y: y(vain), height: BOTTOM - y(vain) }}>
                <title>{`${formatClock(minute.time)} UTC ${formatCount(vain)} came to nothing`}</title>
              </rect>
            )}
          </g>
        );
      })}
      {range && <UsualBand usual={range} y={y} label={(value) => `${formatCount(value)} a minute`} />}
    </Picture>
  );
}

function sentenceOf({ minutes, usual }: FindingFlood, measure: Measure): string {
  const peak = Math.max(...minutes.map((minute) => minute[measure]));
  const sum = (of: 'connections' | 'futile') => minutes.reduce((all, minute) => all + minute[of], 0);
  const [connections, futile] = [sum('connections'), sum('futile')];
  const against =
    usual === null
      ? 'What is usual is not known: there are fewer than ten minutes before it.'
      : `In ${formatCount(usual.minutes)} minutes before, it was ${formatCount(usual[measure].upper)} at most in 99 of a hundred.`;
  const vain =
    futile > 0 ? ` Of ${formatCount(connections)} connections ${formatCount(futile)} came to nothing.` : '';
  return `Up to ${formatCount(peak)} ${measure} a minute. ${against}${vain}`;
}
