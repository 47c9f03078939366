import { Option } from 'commander';

/** What a hunt must know to read logs, for commands that hunt besides doing something else. */
export interface LogFlags {
  config?: string;
  inside: string[];
  containerCidr: string[];
  baseline: string[];
  quiet?: boolean;
}

/** A flag that may be repeated. */
export const repeatable = (definition: string, description: string, shownDefault = 'none'): Option =>
  new Option(definition, description)
    .argParser((value: string, previous: string[]) => [...previous, value])
    .default([], shownDefault);

export const logOptions = (): Option[] => [
  new Option('-c, --config <file>', 'stowaway.yaml (default: the one in this folder, if any)').env(
    'STOWAWAY_CONFIG',
  ),
  repeatable('--inside <cidr>', 'a network that is ours', 'private ranges').env('STOWAWAY_INSIDE'),
  repeatable('--container-cidr <cidr>', 'a network whose addresses are containers').env(
    'STOWAWAY_CONTAINER_CIDR',
  ),
  repeatable('--baseline <path>', 'logs of a period known to be good').env('STOWAWAY_BASELINE'),
];

export const ownStrategiesOption = (): Option =>
  repeatable('--strategies <folder>', 'a folder of strategies of your own; may be repeated').env(
    'STOWAWAY_STRATEGIES',
  );

export const ownSourcesOption = (): Option =>
  repeatable('--sources <path>', 'a folder of sources of your own, or one mapping file; may be repeated').env(
    'STOWAWAY_SOURCES',
  );

export const tableOrJson = (): Option =>
  new Option('-f, --format <format>', 'what stdout gets')
    .choices(['table', 'json'])
    .default('table')
    .env('STOWAWAY_FORMAT');

export const quietOption = (): Option => new Option('-q, --quiet', 'no progress on stderr');
