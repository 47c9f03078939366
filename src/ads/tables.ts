import type { Parameter } from '../model/strategy.js';
import type { Ads } from './folder.js';

/** What documents list from code, so that no text repeats it and drifts. */
export interface Table {
  title: string;
  columns: string[];
  rows: string[][];
}

export function tablesOf(ads: Ads): Table[] {
  const { strategy } = ads;
  if (!strategy) return [];
  return [
    {
      title: 'Analytics',
      columns: ['analytic', 'class', 'role', 'asks', 'needs'],
      rows: strategy.analytics.map((each) => [
        each.id,
        each.class,
        each.role,
        each.what,
        each.needs.join(', '),
      ]),
    },
    {
      title: 'Parameters',
      columns: ['parameter', 'default', 'range', 'unit', 'why'],
      rows: strategy.parameters.map((each) => [
        each.name,
        String(each.default),
        rangeOf(each),
        each.unit,
        each.reason,
      ]),
    },
    {
      title: 'Probes',
      columns: ['probe', 'assumes', 'when not'],
      rows: strategy.probes.map((each) => [each.id, each.what, each.whenNotOk]),
    },
    {
      title: 'Scenarios',
      columns: ['scenario', 'input', 'shows'],
      rows: ads.scenarios.map((each) => [each.id, each.origin, each.sentence]),
    },
    {
      title: 'Response steps',
      columns: ['step', 'action', 'does', 'approval'],
      rows: (ads.playbook?.steps ?? []).map((each) => [each.id, each.action.kind, each.title, each.approval]),
    },
  ];
}

/** The strategy in a few lines: what opens a finding. */
export function factsOf(ads: Ads): [string, string][] {
  const { strategy } = ads;
  if (!strategy) return [];
  const { attack } = strategy;
  return [
    ['Technique', `${strategy.technique} (${strategy.tactic}), ATT&CK ${attack.release}`],
    ['MITRE', `${attack.detectionStrategy}, ${attack.analytics.join(', ')}`],
    ['Platforms', strategy.platforms.join(', ')],
    ['Opens at', `${strategy.openAt} with two kinds of evidence, ${strategy.openAtSingleClass} with one`],
    ['Needs one of', strategy.requires.join(', ')],
    ['One episode', `hits at most ${strategy.correlationWindowSeconds} s apart`],
    ['Live', `asked every ${strategy.tickSeconds} s while events come`],
  ];
}

function rangeOf({ range }: Parameter): string {
  return range ? `${range[0]} to ${range[1]}` : '';
}
