// Precision, recall and F1 of each strategy, the reliability of its analytics' likelihoods, and whether a verdict depends on names,
// addresses or the date.
import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isHeldOut } from './corpus.mjs';
import { huntAll } from './hunts.mjs';
import {
  containerNames,
  idWords,
  imageNames,
  mapAddresses,
  mapTexts,
  readLogs,
  renameFiles,
  replaceWords,
  shiftTimes,
  writeLogs,
} from './logs.mjs';

/** Whole weeks, so that the hour of the week stays; back, since what lies in the future is rejected. */
const MOVED = -5 * 7 * 86_400;

export async function measureCorpus(corpus, folder, { onProgress } = {}) {
  rmSync(folder, { recursive: true, force: true });
  const renamed = corpus.map((entry, index) =>
    rename(entry, join(folder, String(index)), Object.keys(CHANGES)),
  );
  const jobs = [
    ...corpus.map(({ inputs, options }) => ({ paths: inputs, options })),
    ...renamed.map(({ job }) => job),
  ];
  const answers = await huntAll(jobs, onProgress);
  const plain = answers.slice(0, corpus.length);
  const judged = corpus.map((entry, index) => judge(entry, plain[index]));
  return {
    strategies: byStrategy(judged),
    analytics: reliability(corpus, plain),
    invariance: await compareRenamed(corpus, plain, renamed, answers.slice(corpus.length), folder),
  };
}

const openFindings = ({ result }) => result?.report.findings.filter(({ status }) => status === 'open') ?? [];
const isEntity = ({ name, ip, container_uid }, wanted) =>
  name === wanted || ip === wanted || (wanted.length >= 12 && (container_uid ?? '').startsWith(wanted));

/**
 * Per entity: found and expected, expected and not found, found and not expected. A scenario speaks for its own strategy and those it names;
 * one that must stay quiet speaks for all. A blind spot holds an attack nobody finds: it counts as missed.
 */
function judge(entry, answer) {
  const { strategy, scenario, family } = entry;
  const { expect, kind } = scenario;
  const open = openFindings(answer);
  const speaksFor = new Set([
    strategy,
    ...[...expect.findings, ...expect.suppressed].map((each) => each.strategy ?? strategy),
  ]);
  const wanted = expect.findings.map(({ strategy: of = strategy, entity }) => ({ of, entity }));
  const cases = wanted.map(({ of, entity }) => ({
    strategy: of,
    verdict: open.some((finding) => finding.strategy === of && isEntity(finding.entity, entity))
      ? 'found'
      : 'missed',
    entity,
  }));
  if (kind === 'misses') {
    const isClosed = open.some((finding) => finding.strategy === strategy);
    cases.push({ strategy, verdict: isClosed ? 'found' : 'missed', entity: 'blind spot', isBlindSpot: true });
  } else {
    for (const finding of open) {
      const isWanted = wanted.some(
        ({ of, entity }) => of === finding.strategy && isEntity(finding.entity, entity),
      );
      if (!isWanted && (kind === 'quiet' || speaksFor.has(finding.strategy)))
        cases.push({ strategy: finding.strategy, verdict: 'false', entity: finding.entity.name });
    }
    const accused = new Set(open.map(({ entity }) => entity.name));
    const quiet = [...expect.quiet, ...expect.suppressed.map(({ entity }) => entity)].filter(
      (entity) => !accused.has(entity),
    );
    for (const entity of kind === 'quiet' && quiet.length === 0 && open.length === 0 ? ['all'] : quiet)
      for (const of of speaksFor) cases.push({ strategy: of, verdict: 'quiet', entity });
  }
  return cases.map((one) => ({
    ...one,
    scenario: `${strategy}/${scenario.id}`,
    heldOut: isHeldOut(family),
    ...(answer.error && { error: answer.error }),
  }));
}

function byStrategy(judged) {
  const cases = judged.flat();
  const ids = [...new Set(cases.map(({ strategy }) => strategy))].sort();
  return Object.fromEntries(
    ids.map((id) => {
      const mine = cases.filter(({ strategy }) => strategy === id);
      return [
        id,
        {
          all: score(mine),
          heldOut: score(mine.filter(({ heldOut }) => heldOut)),
          tuned: score(mine.filter(({ heldOut }) => !heldOut)),
          wrong: mine
            .filter(
              ({ verdict, isBlindSpot }) => (verdict === 'missed' && !isBlindSpot) || verdict === 'false',
            )
            .map(({ verdict, entity, scenario }) => `${verdict}: ${entity} in ${scenario}`),
        },
      ];
    }),
  );
}

function score(cases) {
  const count = (verdict) => cases.filter((one) => one.verdict === verdict).length;
  const [found, missed, wrong, quiet] = [count('found'), count('missed'), count('false'), count('quiet')];
  const precision = found + wrong === 0 ? null : found / (found + wrong);
  const recall = found + missed === 0 ? null : found / (found + missed);
  return {
    found,
    missed,
    false: wrong,
    quiet,
    blindSpots: cases.filter(({ isBlindSpot, verdict }) => isBlindSpot && verdict === 'missed').length,
    precision: rounded(precision),
    recall: rounded(recall),
    f1:
      precision === null || recall === null || precision + recall === 0
        ? null
        : rounded((2 * precision * recall) / (precision + recall)),
  };
}

const rounded = (value) => (value === null ? null : Number(value.toFixed(3)));

/** A likelihood is right when the entity it speaks of was the attacker's. Candidates count, or only the sure ones would. */
function reliability(corpus, answers) {
  const terms = corpus.flatMap(({ scenario }, index) => {
    const guilty = scenario.expect.findings.map(({ entity }) => entity);
    return (answers[index].result?.report.findings ?? []).flatMap((finding) =>
      finding.terms.map(({ analytic, likelihood }) => ({
        analytic,
        likelihood,
        isRight: scenario.kind === 'misses' || guilty.some((entity) => isEntity(finding.entity, entity)),
      })),
    );
  });
  const names = [...new Set(terms.map(({ analytic }) => analytic))].sort();
  return Object.fromEntries(
    names.map((name) => [name, calibration(terms.filter(({ analytic }) => analytic === name))]),
  );
}

const BINS = [0, 0.2, 0.4, 0.6, 0.8, 1.0001];

function calibration(terms) {
  const brier =
    terms.reduce((sum, { likelihood, isRight }) => sum + (likelihood - Number(isRight)) ** 2, 0) /
    terms.length;
  return {
    terms: terms.length,
    brier: rounded(brier),
    bins: BINS.slice(0, -1).map((from, index) => {
      const inside = terms.filter(({ likelihood }) => likelihood >= from && likelihood < BINS[index + 1]);
      return {
        from,
        to: Math.min(1, BINS[index + 1]),
        terms: inside.length,
        meanLikelihood:
          inside.length === 0
            ? null
            : rounded(inside.reduce((sum, { likelihood }) => sum + likelihood, 0) / inside.length),
        right:
          inside.length === 0
            ? null
            : rounded(inside.filter(({ isRight }) => isRight).length / inside.length),
      };
    }),
  };
}

const hash = (text) => createHash('sha256').update(text).digest('hex');

/** Each returns a change of text; what it changes must not matter. IPv6 addresses, domains and paths of URLs stay: those are evidence. */
const CHANGES = {
  containers: (logs, config) => {
    const words = idWords(logs, 'renamed');
    const starts = wildcards(config);
    for (const name of containerNames(logs)) {
      const start = starts.find((each) => name.startsWith(each)) ?? '';
      words.set(name, `${start && otherStart(start)}n${hash(name).slice(0, 7)}`);
    }
    return (text) =>
      replaceWords(
        text.replace(WILDCARD, (_, start) => `${otherStart(start)}*`),
        words,
      );
  },
  images: (logs) => {
    const words = new Map(
      [...imageNames(logs)].map((image) => [image, `registry.example/i${hash(image).slice(0, 6)}`]),
    );
    return (text) => replaceWords(text, words);
  },
  addresses: () => (text) => mapAddresses(text, otherAddress),
  files: () => (text) => renameFiles(text, 'renamed'),
};

/** An entry of a list in a config that stands for all names that begin so: they are one job, and begin alike under other names too. */
const WILDCARD = /(?<=[[ ])([a-z][\w-]*)\*(?=[\],])/g;
const wildcards = (config) => [...config.matchAll(WILDCARD)].map(([, start]) => start);
const otherStart = (start) => `p${hash(start).slice(0, 5)}`;

/** Networks keep their size; outside ones change places with one another. */
function otherAddress([a, b, c, d]) {
  if (a === 10) return [10, (b + 37) % 256, c, d];
  const place = `${a}.${b}.${c}`;
  const ring = ['198.51.100', '203.0.113', '192.0.2'];
  return ring.includes(place) ? [...ring[(ring.indexOf(place) + 1) % 3].split('.').map(Number), d] : null;
}

function rename({ inputs, options }, folder, changes) {
  const texts = new Map(
    [...inputs, ...options.baseline].flatMap((path, index) =>
      [...readLogs(path)].map(([name, text]) => [`${index}/${name}`, text]),
    ),
  );
  const config = options.config === null ? '' : readFileSync(options.config, 'utf8');
  const change = changes
    .filter((name) => name !== 'time')
    .map((name) => CHANGES[name](texts, config))
    .reduce(
      (first, next) => (text) => next(first(text)),
      (text) => text,
    );
  const put = (paths, place, from) => {
    const logs = new Map(
      paths.flatMap((path, index) =>
        [...readLogs(path)].map(([name, text]) => [`${from + index}/${name}`, text]),
      ),
    );
    if (logs.size > 0)
      writeLogs(
        shiftTimes(mapTexts(logs, change), changes.includes('time') || changes.length > 1 ? MOVED : 0),
        join(folder, place),
      );
    return paths.map((_, index) => join(folder, place, String(from + index)));
  };
  const single = (path, place) => {
    writeLogs(mapTexts(readLogs(path), change), join(folder, place));
    return join(folder, place, basename(path));
  };
  return {
    change,
    job: {
      paths: put(inputs, 'logs', 0),
      options: {
        baseline: put(options.baseline, 'baseline', inputs.length),
        config: options.config === null ? null : single(options.config, 'config'),
        containerCidrs: options.containerCidrs.map(change),
        intel: options.intel.map((path) => single(path, 'intel')),
      },
    },
  };
}

const verdicts = ({ result, error }, change = (text) => text) =>
  error
    ? [`error: ${error}`]
    : [
        ...result.report.findings
          .filter(({ status }) => status !== 'candidate')
          .map(({ strategy, entity, status }) => `${status} ${strategy} ${change(entity.name)}`),
        ...result.report.strategies.map(({ id, state }) => `state ${id} ${state}`),
      ].sort();

async function compareRenamed(corpus, plain, renamed, answers, folder) {
  const changed = corpus.flatMap((entry, index) => {
    const differences = differ(verdicts(plain[index], renamed[index].change), verdicts(answers[index]));
    return differences.length === 0 ? [] : [{ entry, index, differences }];
  });
  const causes = [...Object.keys(CHANGES), 'time'];
  const culprits = changed.flatMap(({ entry, index }) =>
    causes.map((cause) => ({
      entry,
      index,
      cause,
      ...rename(entry, join(folder, `cause-${index}-${cause}`), [cause]),
    })),
  );
  const alone = await huntAll(culprits.map(({ job }) => job));
  return {
    scenarios: corpus.length,
    changes: [...causes.slice(0, -1), 'time moved back by five weeks'],
    changed: changed.map(({ entry, index, differences }) => ({
      scenario: `${entry.strategy}/${entry.scenario.id}`,
      differences,
      causes: culprits
        .map((one, place) => ({ ...one, answer: alone[place] }))
        .filter(
          (one) =>
            one.index === index &&
            differ(verdicts(plain[index], one.change), verdicts(one.answer)).length > 0,
        )
        .map(({ cause }) => cause),
    })),
  };
}

function differ(before, after) {
  return [
    ...before.filter((one) => !after.includes(one)).map((one) => `lost ${one}`),
    ...after.filter((one) => !before.includes(one)).map((one) => `new ${one}`),
  ];
}
