import { type Container, containerOf, type Workload } from './fleet.js';
import { drawing } from './random.js';

const HOUR = 3600;
const DAY = 86_400;

/** Whether every run of it is a new container. */
const isJob = ({ kind }: Workload): boolean => kind === 'batch' || kind === 'feed';

/** The containers of a workload from `start` for `days`: one after the other, each with another address. */
export function* livesOf(
  seed: number,
  workload: Workload,
  start: number,
  days: number,
): Generator<Container> {
  const draw = drawing(seed, `lives of ${workload.name}`);
  const end = start + days * DAY;
  let generation = 0;
  if (isJob(workload)) {
    const minute = draw.whole(0, 50) * 60;
    for (let at = start + minute; at < end; at += HOUR)
      yield containerOf(
        seed,
        workload,
        generation++,
        at + draw.between(0, 20),
        at + 60 + draw.between(0, 240),
      );
    return;
  }
  let from = start - 2 * HOUR;
  while (from < end) {
    // Deployments come twice a week, on working days from nine to five; the one container in ten that crashes comes earlier.
    const until =
      draw.next() < 0.1
        ? from + draw.between(1, 3) * DAY
        : nextDeployment(from + draw.between(2, 6) * DAY, draw.next());
    yield containerOf(seed, workload, generation++, from, Math.min(until, end));
    from = until + draw.between(1, 8);
  }
}

function nextDeployment(after: number, share: number): number {
  const day = Math.ceil(after / DAY) * DAY;
  const weekday = new Date(day * 1000).getUTCDay();
  const wait = weekday === 6 ? 2 : weekday === 0 ? 1 : 0;
  return day + wait * DAY + (9 + 8 * share) * HOUR;
}
