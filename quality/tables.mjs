// The measured result as Markdown, for docs/quality.md.

const percent = (value) => (value === null || value === undefined ? '–' : value.toFixed(3));
const table = (head, rows) =>
  [
    `| ${head.join(' | ')} |`,
    `|${head.map(() => '---').join('|')}|`,
    ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`),
  ].join('\n');
const cell = (value) =>
  String(value)
    .replaceAll('|', '\\|')
    .replaceAll(/[\p{Cc}<>]/gu, ' ');
const short = (id) => id.slice(0, id.indexOf('-') < 0 ? undefined : id.indexOf('-'));

export function tables({ corpus, evasion, curves }) {
  return [
    ...(corpus ? corpusText(corpus) : []),
    ...(evasion ? evasionText(evasion) : []),
    ...(curves ? curvesText(curves) : []),
  ].join('\n\n');
}

function corpusText({ strategies, analytics, invariance }) {
  const rows = Object.entries(strategies).map(([id, { all, heldOut, tuned }]) => [
    short(id),
    all.found,
    all.missed,
    all.blindSpots,
    all.false,
    all.quiet,
    percent(all.precision),
    percent(all.recall),
    percent(all.f1),
    percent(tuned.f1),
    percent(heldOut.f1),
  ]);
  const wrong = Object.values(strategies).flatMap((one) => one.wrong);
  const bins = Object.entries(analytics).map(([name, { terms, brier, bins: all }]) => [
    name,
    terms,
    percent(brier),
    ...all.map(({ terms: count, meanLikelihood, right }) =>
      count === 0 ? '' : `${meanLikelihood.toFixed(2)} → ${right.toFixed(2)} (${count})`,
    ),
  ]);
  return [
    '### Precision and recall',
    table(
      [
        'strategy',
        'found',
        'missed',
        'of them blind spots',
        'false',
        'quiet as expected',
        'precision',
        'recall',
        'F1',
        'F1, families to tune on',
        'F1, held out',
      ],
      rows,
    ),
    wrong.length === 0
      ? 'Nothing is missed but the declared blind spots, and nothing is accused wrongly.'
      : wrong.map((one) => `- ${cell(one)}`).join('\n'),
    '### Reliability of likelihoods',
    table(['analytic', 'terms', 'Brier score', '0–0.2', '0.2–0.4', '0.4–0.6', '0.6–0.8', '0.8–1'], bins),
    '### Names, addresses and dates',
    `${invariance.scenarios} inputs, each again with other ${invariance.changes.slice(0, -1).join(', ')} and with ${invariance.changes.at(-1)}: ${invariance.changed.length === 0 ? 'no verdict and no state changes.' : `${invariance.changed.length} change.`}`,
    ...(invariance.changed.length === 0
      ? []
      : [
          table(
            ['input', 'depends on', 'what changes'],
            invariance.changed.map(({ scenario, causes, differences }) => [
              scenario,
              causes.join(', ') || 'all together',
              differences.slice(0, 3).join('; '),
            ]),
          ),
        ]),
  ];
}

function evasionText(evasion) {
  const line = ([name, { cells, found, score }]) => [name, cells, found, percent(score)];
  const grouped = new Map();
  for (const { mutation, attack, score } of evasion.misses)
    grouped.set(mutation, [...(grouped.get(mutation) ?? []), `${attack} (${score.toFixed(2)})`]);
  const fewest = Math.min(...Object.values(evasion.attacks).map(({ cells }) => cells));
  return [
    '### Evasion score',
    `**${percent(evasion.score)}** (target 0.9): ${evasion.found} of ${evasion.cells} mutated attacks are found; ${Object.keys(evasion.attacks).length} attacks, ${Object.keys(evasion.mutations).length} mutations, at least ${fewest} on each attack. As they were recorded, ${evasion.control.found} of ${evasion.control.cells} are found when all are hunted together.`,
    table(
      ['strategy of the attack', 'mutated attacks', 'found', 'score'],
      Object.entries(evasion.strategies).map(([id, one]) => line([short(id), one])),
    ),
    table(
      [
        'kind of mutation',
        'mutated attacks',
        'found',
        'score',
        'analytics behind the findings, and how often',
      ],
      Object.entries(evasion.groups).map(([name, one]) => [
        ...line([name, one]),
        Object.entries(evasion.survivors[name] ?? {})
          .slice(0, 6)
          .map(([analytic, count]) => `${analytic} ${count}`)
          .join(', '),
      ]),
    ),
    '<details><summary>Each attack and each mutation</summary>\n',
    table(['attack', 'mutations', 'found', 'score'], Object.entries(evasion.attacks).map(line)),
    table(['mutation', 'attacks', 'found', 'score'], Object.entries(evasion.mutations).map(line)),
    '</details>',
    `Missed (${evasion.misses.length}), with the score that was reached; each stays in the denominator:`,
    table(['mutation', 'attacks that are missed'], [...grouped]),
    ...(evasion.skipped?.length ? [`Not mutated: ${evasion.skipped.join('; ')}.`] : []),
  ];
}

function curvesText({ background, field, longField, falseAlerts, attacks, tradeOff }) {
  const families = [...new Set(attacks.map(({ family }) => family))];
  const list = ({ list: all }) => all.map((one) => `- ${cell(one)}`).join('\n');
  return [
    '### False alerts on an ordinary fleet',
    `\`stowaway simulate\` with seed ${background.seed}: ${background.workloads} workloads, ${background.judgedDays} days judged after 7 days that teach what is usual, ${background.workloadDays} workload-days.`,
    table(
      ['the operator', 'alerts', 'per 1,000 workload-days', 'target'],
      [
        [
          'has stated the fleet’s backups, image pushes and deliveries',
          falseAlerts.stated.alerts,
          falseAlerts.stated.per1000WorkloadDays,
          'at most 1',
        ],
        [
          'has stated nothing',
          falseAlerts.nothingStated.alerts,
          falseAlerts.nothingStated.per1000WorkloadDays,
          '',
        ],
      ],
    ),
    list(falseAlerts.stated) || 'No alert with the fleet’s habits stated.',
    ...(falseAlerts.nothingStated.alerts === 0
      ? []
      : [`With nothing stated:\n\n${list(falseAlerts.nothingStated)}`]),
    '### The smallest and slowest still found',
    `Attacks of growing size inside a simulated fleet of ${field.workloads} workloads (seed ${field.seed}, ${field.days - 7} days judged); periodic ones, by workloads of their own, inside one of ${longField.workloads} (seed ${longField.seed}, ${longField.days - 7} days judged). Connection records and engine events are all that is seen, but where the packing is. *Margin* is the score over the threshold it has to reach; from 1 on it is an alert.`,
    ...families.map((family) =>
      table(
        ['attack', 'found', 'margin', 'by'],
        attacks
          .filter((one) => one.family === family)
          .map((one) => [
            `${family}: ${one.label}`,
            one.skipped ?? (one.found ? 'yes' : 'no'),
            one.skipped ? '' : one.margin.toFixed(2),
            (one.by ?? []).join(', '),
          ]),
      ),
    ),
    '### Detectability against false alerts',
    'What all thresholds times a factor would cost on the ordinary fleet above, with its habits stated, and the weakest attack of each kind that is then found:',
    table(
      ['thresholds times', 'false alerts per 1,000 workload-days', ...Object.keys(tradeOff[0].weakest)],
      tradeOff.map(({ factor, falsePer1000, weakest }) => [
        factor,
        falsePer1000,
        ...Object.values(weakest).map((label) => label ?? 'none'),
      ]),
    ),
    '![How far above its threshold an attack is, by its size](images/quality.svg)',
  ];
}
