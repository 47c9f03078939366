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
import { MUTATIONS, NETWORK } from './mutations.mjs';
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
    const deeds = deedsOf(scenario, logs);
    const seen = connections(logs)
      .map(({ at }) => at)
      .filter(Number.isFinite);
    // What a code host or a cluster tells has no connections. When a container was made says nothing about the attack.
    const told = [...logs].filter(([name]) => !/inspect|network/.test(name));
    const times = seen.length > 0 ? seen : atTheEnd(timesOf(new Map(told)));
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
  for (const attack of all) if (!isMutated(attack)) skipped.push(`${attack.id}: no mutation fits`);
  return { attacks: all.filter(isMutated), skipped };
}

const isMutated = (attack) => MUTATIONS.some((mutation) => mutation.fits(attack));

/** What is told before the last half hour is the history of the place, and not the attack. */
const atTheEnd = (times) => {
  const last = times.reduce((latest, time) => Math.max(latest, time), -Infinity);
  return times.filter((time) => time > last - 1800);
};

/** Emulations shared by strategies stand under each of them. */
const unique = (attacks) => [...new Map(attacks.map((attack) => [attack.id, attack])).values()];

/** The commands of the detonation: as the ground truth states them; of a scenario written by hand, each that its records state. */
function deedsOf({ folder, origin }, logs) {
  const file = join(folder, 'ground-truth.ndjson');
  if (!statSync(file, { throwIfNoEntry: false })) return origin === 'written' ? commandsOf(logs) : [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
    .filter(({ phase, command }) => phase === 'detonate' && command)
    .map(({ command, from }) => ({ from, command: typed(command) }));
}

/** What was handed to a shell is the command; other arguments are one with their program. */
const typed = (command) => {
  if (typeof command === 'string') return command;
  return /sh$/.test(command[0]) ? command.at(-1) : command.join(' ');
};

const commandsOf = (logs) =>
  [...logs].flatMap(([name, text]) => {
    if (!/process\.ndjson$|engine-events/.test(name)) return [];
    const commands = text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
      .map(({ argv, Action = '' }) => (argv ?? [Action.replace(/^exec_(?:create|start): /, '')]).join(' '))
      .map((command) => command.replace(/^sh -c /, ''))
      .filter((command) => command.includes(' '));
    return [...new Set(commands)].map((command) => ({ command }));
  });

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
      Object.keys(COMPANY).map((company) => ({
        mutation,
        company,
        fitting: attacks.filter((attack) => companyOf(attack) === company && mutation.fits(attack)),
      })),
    )
    .filter(({ fitting }) => fitting.length > 0);
  const hunts = together(rounds);
  const answers = await huntAll(
    hunts.map((hunt, index) => prepare(hunt, join(folder, String(index)))),
    onProgress,
  );
  const failed = answers.find(({ error }) => error);
  if (failed) throw new Error(`a hunt over mutated attacks failed: ${failed.error}`);
  return hunts.flatMap(({ cells }, hunt) =>
    cells.map(({ mutation, attack }, index) => ({
      attack: attack.id,
      strategy: attack.strategy,
      group: mutation.group,
      mutation: mutation.name,
      ...outcome(accused(attack, mutation), index, answers[hunt]),
    })),
  );
}

/** Where a mutation takes no sensor away, it shares a hunt with others of its group that are done to other attacks. */
const SHARED = new Set(['tool', 'told']);

function together(rounds) {
  const hunts = [];
  for (const { mutation, company, fitting } of rounds) {
    const shared = hunts.find(
      (hunt) =>
        SHARED.has(mutation.group) &&
        hunt.group === mutation.group &&
        hunt.company === company &&
        !hunt.cells.some(({ attack }) => fitting.includes(attack)),
    );
    const hunt = shared ?? { group: mutation.group, company, cells: [] };
    hunt.cells.push(...fitting.map((attack) => ({ mutation, attack })));
    if (!shared) hunts.push(hunt);
  }
  return hunts;
}

/** Another account or repository may stand for the mutated attack. */
const accused = (attack, { accuses }) =>
  accuses ? { ...attack, entities: attack.entities.map(accuses) } : attack;

/**
 * Which attacks may be hunted together. Containers that are new where others have a history are no stage to T1074.002: parts of a new
 * application feed each other on their first day. Its attacks were recorded on their first day, and keep it: they all happen at once. Where
 * nobody looks at the network a command alone counts for more: such attacks are no company for others. The rest have days of their own.
 */
const COMPANY = {
  firstDay: ({ strategy }) => strategy.startsWith('T1074.002'),
  noNetwork: ({ logs }) => {
    const names = [...logs.keys()];
    return names.some((name) => /process\.ndjson$/.test(name)) && !names.some((name) => NETWORK.test(name));
  },
  ownDays: () => true,
};
const companyOf = (attack) => Object.keys(COMPANY).find((company) => COMPANY[company](attack));

function prepare({ cells, company }, folder) {
  rmSync(folder, { recursive: true, force: true });
  const host = new Map();
  // Into the past: times to come are rejected.
  let before = 0;
  for (const [index, { mutation, attack }] of cells.entries()) {
    const offset = company === 'firstDay' ? Math.round(cells[0].attack.start - attack.start) : -before;
    for (const [part, logs] of [mutation.apply(attack)].flat().entries())
      addLogs(shiftTimes(separate(logs, index), offset), `${index}-${part}`, host);
    before += Math.ceil((attack.span * LONGEST + LATEST + APART) / DAY) * DAY;
  }
  writeLogs(host, folder);
  const containerCidrs = cells.flatMap(({ attack: { cidrs } }, index) =>
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
