/** What a bullet may be bound to; the word in its marker, e.g. `{misses: misses-a-slow-drip}`. */
export type BindingKind =
  | 'analytic'
  | 'probe'
  | 'fires'
  | 'quiet'
  | 'misses'
  | 'step'
  | 'priority'
  | 'emulation';

export type SectionId =
  | 'goal'
  | 'categorization'
  | 'abstract'
  | 'context'
  | 'blind-spots'
  | 'assumptions'
  | 'false-positives'
  | 'validation'
  | 'priority'
  | 'response'
  | 'resources';

export interface SectionRule {
  id: SectionId;
  /** The heading we write. */
  heading: string;
  /** Other headings for the same section, lower case; Palantir's own examples differ. */
  aliases: string[];
  level: 2 | 3;
  /** What every bullet of the section must be bound to; absent where bullets are free. */
  binds?: BindingKind;
}

/** Palantir's ten sections; Blind Spots and Assumptions is read as its two halves. */
export const SECTIONS: readonly SectionRule[] = [
  { id: 'goal', heading: 'Goal', aliases: ['goals', 'objective'], level: 2 },
  {
    id: 'categorization',
    heading: 'Categorization',
    aliases: ['categorisation', 'categories', 'mapping'],
    level: 2,
  },
  {
    id: 'abstract',
    heading: 'Strategy Abstract',
    aliases: ['abstract', 'strategy'],
    level: 2,
    binds: 'analytic',
  },
  { id: 'context', heading: 'Technical Context', aliases: ['context', 'technical background'], level: 2 },
  { id: 'blind-spots', heading: 'Blind Spots', aliases: ['blind spot', 'gaps'], level: 3, binds: 'misses' },
  { id: 'assumptions', heading: 'Assumptions', aliases: ['assumption'], level: 3, binds: 'probe' },
  {
    id: 'false-positives',
    heading: 'False Positives',
    aliases: ['false positive', 'known false positives'],
    level: 2,
    binds: 'quiet',
  },
  {
    id: 'validation',
    heading: 'Validation',
    aliases: ['validation (adversary emulation)', 'true positive validation'],
    level: 2,
    binds: 'fires',
  },
  {
    id: 'priority',
    heading: 'Priority',
    aliases: ['alert priority', 'severity'],
    level: 2,
    binds: 'priority',
  },
  {
    id: 'response',
    heading: 'Response',
    aliases: ['triage', 'response and triage'],
    level: 2,
    binds: 'step',
  },
  { id: 'resources', heading: 'Additional Resources', aliases: ['resources', 'references'], level: 2 },
];

/** Heading over the two halves; it has no bullets of its own. */
export const BLIND_SPOTS_AND_ASSUMPTIONS = [
  'blind spots and assumptions',
  'blind spots & assumptions',
  'limitations',
];

export function sectionOfHeading(heading: string): SectionRule | null {
  const name = heading.trim().toLowerCase().replace(/[:.]$/, '');
  return SECTIONS.find((rule) => rule.heading.toLowerCase() === name || rule.aliases.includes(name)) ?? null;
}
