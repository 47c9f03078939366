import type { Transfer } from './command-call.js';
import { CONFIDENCE } from './confidence.js';
import { isPartialWord, type RuleUse, transferOf } from './recognise-transfer.js';
import { readPort, readTarget } from './target.js';

/** A tool whose start is what matters: it floods a target, or it sends other machines' traffic another way. */
export function recogniseActivity(use: RuleUse): Transfer[] {
  const { rule, call, scan } = use;
  const words = call.args.join(' ');
  if (rule.matches !== undefined && !new RegExp(rule.matches).test(words)) return [];
  const named = scan.options.find(({ name }) => rule.targets?.includes(name))?.value;
  const operand = rule.lastOperand ? use.operands.at(-1) : use.operands[rule.targetOperand ?? -1];
  const place = named ?? operand;
  const isFlood = rule.activity !== 'reroute';
  // A load generator without a target prints its help, or its target is in the part that was cut.
  if (isFlood && place === undefined && call.cut === 'no') return [];
  const port = scan.options.find(({ name }) => rule.port?.includes(name))?.value;
  return [
    transferOf(
      use,
      {
        ...(place === undefined
          ? {}
          : readTarget(place, { scheme: rule.scheme ?? '', isPartial: isPartialWord(use, place) })),
        ...readPort(port),
      },
      {
        direction: isFlood ? 'flood' : 'reroute',
        confidence: place === undefined && isFlood ? CONFIDENCE.hint : CONFIDENCE.file,
        evidence: `${call.name} ${words}`.slice(0, 120),
        sourceFiles: [],
      },
    ),
  ];
}
