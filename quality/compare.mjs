// What counts as worse than the committed result.

/**
 * Shares. Hunts are deterministic, so corpus and curves are held exactly; of evasion one cell in a hundred may move, since all attacks of a
 * mutation are hunted together and a new attack is company for the others.
 */
export const TOLERANCE = { corpus: 0, evasion: 0.01, falseAlerts: 0 };

/** The share of mutated attacks that must be found, whatever was committed before. */
const EVASION_TARGET = 0.9;

export const belowTarget = ({ score }) =>
  score < EVASION_TARGET ? [`evasion score is ${score}, must be ${EVASION_TARGET}`] : [];

export function compare(committed, measured) {
  if (!committed) return ['there is no committed result: run npm run quality'];
  const parts = { corpus: compareCorpus, evasion: compareEvasion, curves: compareCurves };
  return Object.entries(parts).flatMap(([part, worse]) => {
    if (!measured[part]) return [];
    return committed[part]
      ? worse(committed[part], measured[part])
      : [`there is no committed result of the part "${part}": run npm run quality`];
  });
}

function compareCorpus(before, now) {
  const scores = Object.entries(before.strategies).flatMap(([id, { all }]) =>
    ['precision', 'recall', 'f1'].flatMap((what) => {
      const [was, is] = [all[what], now.strategies[id]?.all[what] ?? 0];
      return was !== null && is < was - TOLERANCE.corpus ? [`${what} of ${id} is ${is}, was ${was}`] : [];
    }),
  );
  const known = new Set(before.invariance.changed.map(({ scenario }) => scenario));
  const changed = now.invariance.changed.filter(({ scenario }) => !known.has(scenario));
  return [
    ...scores,
    ...changed.map(
      ({ scenario, causes }) => `${scenario} depends on ${causes.join(' and ') || 'names or time'}`,
    ),
  ];
}

function compareEvasion(before, now) {
  const overall =
    now.score < before.score - TOLERANCE.evasion
      ? [`evasion score is ${now.score}, was ${before.score}`]
      : [];
  const each = Object.entries(before.strategies).flatMap(([id, { score }]) => {
    const is = now.strategies[id]?.score ?? 0;
    return is < score - TOLERANCE.evasion ? [`evasion score of ${id} is ${is}, was ${score}`] : [];
  });
  return [...belowTarget(now), ...overall, ...each];
}

function compareCurves(before, now) {
  const alerts = ['stated', 'nothingStated'].flatMap((which) => {
    const [was, is] = [
      before.falseAlerts[which].per1000WorkloadDays,
      now.falseAlerts[which].per1000WorkloadDays,
    ];
    return is > was + TOLERANCE.falseAlerts
      ? [`false alerts per 1,000 workload-days (${which}) are ${is}, were ${was}`]
      : [];
  });
  const name = ({ family, label }) => `${family}: ${label}`;
  const foundNow = new Set(now.attacks.filter((attack) => attack.found).map(name));
  const lost = before.attacks.filter((attack) => attack.found && !foundNow.has(name(attack)));
  return [...alerts, ...lost.map((attack) => `no longer found in the simulated fleet: ${name(attack)}`)];
}

/** Cells (attack and mutation) that were found when the result was committed, and are not now. */
export function compareCells(committed, cells) {
  if (!committed?.evasion) return ['there is no committed evasion score: run npm run quality'];
  const missed = new Set(committed.evasion.misses.map(({ attack, mutation }) => `${attack} ${mutation}`));
  const { attacks, mutations } = committed.evasion;
  // What is new since then was never found before, so it cannot be lost.
  const known = cells.filter(
    ({ attack, mutation, group }) => attack in attacks && (group === 'control' || mutation in mutations),
  );
  if (2 * known.length < cells.length)
    return [`${cells.length - known.length} of ${cells.length} mutated attacks are new: run npm run quality`];
  const lost = known.filter(({ found, attack, mutation }) => !found && !missed.has(`${attack} ${mutation}`));
  return lost.length <= TOLERANCE.evasion * known.length
    ? []
    : lost.map(({ attack, mutation }) => `${attack} is no longer found: ${mutation}`);
}
