import type { CoverageCell, StrategyCoverage } from './coverage.js';

/** Oldest Navigator that reads layers of format 4.5. */
const NAVIGATOR = '4.9.0';
const GRADIENT = { colors: ['#f4d58d', '#8bb174'], minValue: 0, maxValue: 100 };

/**
 * The coverage as a layer of ATT&CK Navigator, format 4.5. The score is the share of the sources a strategy is designed
 * for that a passing scenario shows. `where` names what the states are of.
 */
export function toNavigatorLayer(
  coverage: readonly StrategyCoverage[],
  version: string,
  where = 'on this input',
): string {
  const releases = [...new Set(coverage.map((each) => each.attack.release))];
  const layer = {
    name: 'Stowaway coverage',
    versions: { attack: majorOf(releases[0] ?? ''), navigator: NAVIGATOR, layer: '4.5' },
    domain: 'enterprise-attack',
    description: `Strategies of Stowaway ${version}, ATT&CK ${releases.join(', ')}. Score: percent of the sources a strategy is designed for that a passing scenario shows.`,
    filters: { platforms: [...new Set(coverage.flatMap((each) => each.platforms))].sort() },
    sorting: 0,
    layout: { layout: 'side', showID: true, showName: true, expandedSubtechniques: 'annotated' },
    hideDisabled: false,
    techniques: coverage.map((one) => toTechnique(one, where)),
    gradient: GRADIENT,
    legendItems: [
      { label: 'designed for, not tested', color: GRADIENT.colors[0] },
      { label: 'tested with every source', color: GRADIENT.colors[1] },
    ],
    metadata: [
      { name: 'ATT&CK release', value: releases.join(', ') },
      { name: 'Stowaway', value: version },
    ],
  };
  return `${JSON.stringify(layer, null, 2)}\n`;
}

function toTechnique(
  { strategy, technique, title, tactic, attack, state, cells }: StrategyCoverage,
  where: string,
): object {
  const designed = cells.filter((cell) => cell.designed);
  const tested = designed.filter(isTested);
  const names = (list: CoverageCell[]): string => list.map((cell) => cell.source).join(', ') || 'none';
  return {
    techniqueID: technique,
    tactic,
    score: designed.length === 0 ? 0 : Math.round((100 * tested.length) / designed.length),
    comment: title,
    enabled: true,
    showSubtechniques: true,
    metadata: [
      { name: 'strategy', value: strategy },
      { name: 'MITRE detection strategy', value: attack.detectionStrategy },
      { name: 'MITRE analytics', value: attack.analytics.join(', ') },
      { divider: true },
      { name: 'tested with', value: names(tested) },
      { name: 'designed for', value: names(designed.filter((cell) => !isTested(cell))) },
      ...(state === null ? [] : [{ name: where, value: state }]),
    ],
    links: [
      {
        label: attack.detectionStrategy,
        url: `https://attack.mitre.org/detectionstrategies/${attack.detectionStrategy}/`,
      },
    ],
  };
}

const isTested = (cell: CoverageCell): boolean => cell.passed > 0 && cell.failed === 0;

const majorOf = (release: string): string => release.split('.')[0] ?? '';
