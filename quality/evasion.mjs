// How many ways of changing an attack leave it found. All attacks that one mutation fits are hunted together, each as containers,
// addresses and days of its own; the unmutated attacks are hunted in the same way, to show that company changes nothing.
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { huntAll } from './hunts.mjs';
import {
  containerNames,
  readLogs,
  separate,
  separateAddress,
  shiftTimes,
  timesOf,
  writeLogs,
  zeekAsJson,
} from './logs.mjs';
import { MUTATIONS } from './mutations.mjs';
import { connections } from './records.mjs';

const DAY = 86_400;
/** Nothing that looks back for less than two days sees another attack. */
const APART = 2 * DAY;
/** How much longer than itself a mutation can make an attack, and how much later. */
const [LONGEST, LATEST] = [10, 1.2 * DAY];

/**
 * Attacks: the recordings of emulations that must be found, and the scenarios that fire on logs of their own. A scenario with a baseline, a
 * configuration or a list is left out: those belong to it alone, and attacks are hunted together.
 */
export function attacksOf(corpus) {
  const skipped = [];
  const attacks = corpus.flatMap(({ strategy, scenario, inputs }) => {
    if (scenario.kind !== 'fires') return [];
    const id = `${strategy.slice(0, strategy.indexOf('-'))} ${scenario.id.replace(/ \(recorded, (\w+)\)$/, (_, engine) => (engine === 'docker' ? '' : ` (${engine})`))}`;
    if (scenario.baseline.length + scenario.intel.length > 0 || scenario.config) {
      skipped.push(`${id}: has a baseline, a configuration or a list of its own`);
      return [];
    }
    const logs = new Map(
      inputs
        .flatMap((path) => [...readLogs(path)])
        .filter(([name]) => !/ground-truth|\.xml$|arrived/.test(name))
        .map(([name, text]) => [name, zeekAsJson(text)]),
    );
    if ([...logs.values()].reduce((sum, text) => sum + text.length, 0) > 8_000_000) {
      skipped.push(`${id}: its records are too many to be changed and hunted beside others`);
      return [];
    }
    const deeds = deedsOf(scenario.folder);
    const seen = connections(logs)
      .map(({ at }) => at)
      .filter(Number.isFinite);
    // What a code host or a cluster tells has no connections. When a container was made says nothing about the attack.
    const told = [...logs].filter(([name]) => !/inspect|network/.test(name));
    const times = seen.length > 0 ? seen : timesOf(new Map(told));
    const start = deeds[0]?.from ?? Math.min(...times);
    if (!Number.isFinite(start)) throw new Error(`${id}: no time in its records`);
    return [
      {
        id,
        strategy,
        logs,
        deeds,
        start,
        span: Math.max(60, Math.max(start, ...times) - start),
        entities: scenario.expect.findings.map(({ entity }) => entity),
        cidrs: scenario.flags.container_cidr,
      },
    ];
  });
  const all = unique(attacks);
  for (const { id, logs, deeds } of all)
    if (!MUTATIONS.some((mutation) => mutation.fits({ logs, deeds })))
      skipped.push(
        `${id}: told by a code host, a registry, a cluster or a volume alone, which no mutation fits`,
      );
  return {
    attacks: all.filter(({ logs, deeds }) => MUTATIONS.some((mutation) => mutation.fits({ logs, deeds }))),
    skipped,
  };
}

/** Emulations shared by strategies stand under each of them. */
const unique = (attacks) => [...new Map(attacks.map((attack) => [attack.id, attack])).values()];

function deedsOf(folder) {
  const file = join(folder, 'ground-truth.ndjson');
  if (!statSync(file, { throwIfNoEntry: false })) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
    .filter(({ phase, command }) => phase === 'detonate' && command)
    .map(({ command, from }) => ({ from, command: typeof command === 'string' ? command : command.at(-1) }));
}

const UNCHANGED = {
  group: 'control',
  name: 'unchanged',
  because: 'the attack as recorded',
  fits: () => true,
  apply: ({ logs }) => logs,
};

/** Measures all mutations, or those of `only`. */
export async function measureEvasion(attacks, folder, { only = () => true, onProgress } = {}) {
  const rounds = [UNCHANGED, ...MUTATIONS]
    .filter(only)
    .flatMap((mutation) =>
      [true, false].map((atOnce) => ({
        mutation,
        atOnce,
        fitting: attacks.filter((attack) => atOnce === isOfFirstDay(attack) && mutation.fits(attack)),
      })),
    )
    .filter(({ fitting }) => fitting.length > 0);
  const jobs = rounds.map((round, index) => prepare(round, join(folder, String(index))));
  const answers = await huntAll(jobs, onProgress);
  const failed = answers.find(({ error }) => error);
  if (failed) throw new Error(`a hunt over mutated attacks failed: ${failed.error}`);
  return rounds.flatMap(({ mutation, fitting }, round) =>
    fitting.map((attack, index) => ({
      attack: attack.id,
      strategy: attack.strategy,
      group: mutation.group,
      mutation: mutation.name,
      ...outcome(attack, index, answers[round]),
    })),
  );
}

/**
 * Containers that are new where others have a history are no stage to T1074.002: parts of a new application feed each other on their first
 * day. Its attacks were recorded on their first day, and keep it: they all happen at once. The others have days of their own.
 */
const isOfFirstDay = ({ strategy }) => strategy.startsWith('T1074.002');

function prepare({ mutation, fitting, atOnce }, folder) {
  rmSync(folder, { recursive: true, force: true });
  const host = new Map();
  // Into the past: times to come are rejected.
  let before = 0;
  for (const [index, attack] of fitting.entries()) {
    const offset = atOnce ? Math.round(fitting[0].start - attack.start) : -before;
    for (const [part, logs] of [mutation.apply(attack)].flat().entries())
      addLogs(shiftTimes(separate(logs, index), offset), `${index}-${part}`, host);
    before += Math.ceil((attack.span * LONGEST + LATEST + APART) / DAY) * DAY;
  }
  writeLogs(host, folder);
  const containerCidrs = fitting.flatMap(({ cidrs }, index) =>
    cidrs.map((cidr) => separateCidr(cidr, index)),
  );
  return {
    paths: [folder],
    options: { baseline: [], config: null, containerCidrs: [...new Set(containerCidrs)], intel: [] },
  };
}

/** One host, one file a sensor; what is a document of its own, or counts time from a boot of its own, stays apart. */
function addLogs(logs, own, host) {
  for (const [name, text] of logs) {
    if (/sense\.json$/.test(name)) continue;
    const isStream = /\.(txt|ndjson|log)$/.test(name) && !/bpftrace|cgroups/.test(name);
    const file = isStream ? name.split('/').at(-1) : join(own, name);
    host.set(file, `${host.get(file) ?? ''}${text}${text.endsWith('\n') ? '' : '\n'}`);
  }
}

function separateCidr(cidr, index) {
  const [address, bits] = cidr.split('/');
  return `${(separateAddress(address.split('.').map(Number), index) ?? address.split('.')).join('.')}/${bits}`;
}

function outcome(attack, index, answer) {
  const mine = answer.result.report.findings.filter(({ entity }) => isOf(attack, index, entity));
  const best = mine.filter(({ status }) => status === 'open').sort((a, b) => b.score - a.score);
  const nearest = best[0] ?? [...mine].sort((a, b) => b.score - a.score)[0];
  return {
    found: best.length > 0,
    score: nearest ? Number(nearest.score.toFixed(3)) : 0,
    as: [...new Set(best.map(({ technique }) => technique))].sort(),
    by: nearest ? nearest.terms.filter(({ counted }) => counted).map(({ analytic }) => analytic) : [],
  };
}

/**
 * The expected entity, one of the containers it was spread over, or the address where nobody knows its holder. What is no container, such as a
 * repository, keeps its name.
 */
function isOf({ entities, logs }, index, { name, ip }) {
  const plain = name.replaceAll(/-v9\d\d(?=-v)/g, '').replaceAll(new RegExp(`-v${index}(?!\\d)`, 'g'), '');
  if (entities.includes(plain) && name.includes(`-v${index}`)) return true;
  if (entities.includes(name) && !/^\d/.test(name) && !containerNames(logs).has(name)) return true;
  const address = ip ?? name;
  if (!/^10\./.test(address)) return false;
  const inside = new Set(connections(logs).flatMap(({ from, to }) => [from, to]));
  return [index, ...Array.from({ length: 8 }, (_, copy) => 900 + copy + index)].some((each) =>
    [...inside].some((one) => separateAddress(one.split('.').map(Number), each)?.join('.') === address),
  );
}

const share = (found, all) => (all === 0 ? null : Number((found / all).toFixed(3)));

/** The control is no mutation: it stands beside the score. Every miss is kept, and stays in the denominator. */
export function summarise(cells) {
  const control = cells.filter(({ group }) => group === 'control');
  const mutated = cells.filter(({ group }) => group !== 'control');
  const by = (key) =>
    Object.fromEntries(
      [...new Set(mutated.map((cell) => cell[key]))].map((value) => {
        const mine = mutated.filter((cell) => cell[key] === value);
        const found = mine.filter((cell) => cell.found).length;
        return [value, { cells: mine.length, found, score: share(found, mine.length) }];
      }),
    );
  const found = mutated.filter((cell) => cell.found);
  return {
    score: share(found.length, mutated.length),
    cells: mutated.length,
    found: found.length,
    control: { cells: control.length, found: control.filter((cell) => cell.found).length },
    strategies: by('strategy'),
    groups: by('group'),
    attacks: by('attack'),
    mutations: by('mutation'),
    survivors: survivorsOf(mutated),
    misses: [...control, ...mutated]
      .filter((cell) => !cell.found)
      .map(({ attack, mutation, score, by: analytics, error }) => ({
        attack,
        mutation,
        score,
        by: analytics,
        ...(error && { error }),
      })),
  };
}

/** Which analytics carried the findings of each group of mutations, most often first. */
function survivorsOf(cells) {
  return Object.fromEntries(
    [...new Set(cells.map(({ group }) => group))].map((group) => {
      const counts = new Map();
      for (const { by } of cells.filter((cell) => cell.group === group && cell.found))
        for (const analytic of by) counts.set(analytic, (counts.get(analytic) ?? 0) + 1);
      return [group, Object.fromEntries([...counts].sort((a, b) => b[1] - a[1]))];
    }),
  );
}
