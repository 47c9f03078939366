import type { Ads } from '../ads/folder.js';
import type { Currency, Validation } from '../ads/kept-outcomes.js';
import type { Quality } from '../ads/quality.js';

/** What speaks for a strategy before it meets a log of this server. */
export interface StrategyValidation {
  strategy: string;
  /** Whether its scenarios ran with what it is now. */
  scenarios: Currency;
  /** When they last ran, and by which version; null where that is not known. */
  at: string | null;
  version: string | null;
  /** How many there are; how many ended as they must and did not, null unless they ran with what it is now. */
  total: number;
  passed: number | null;
  failures: { scenario: string; why: string }[] | null;
  /** Measured on labelled attacks and benign work; null where nothing was. */
  measured: Measured | null;
}

interface Measured {
  precision: number | null;
  recall: number | null;
  /** Share of mutated attacks that are still found. */
  evasion: number | null;
  right: number;
  wrong: number;
  missed: number;
}

export function validationOf(
  ads: Ads,
  { currency, at, version, outcomes }: Validation,
  quality: Quality | undefined,
): StrategyValidation {
  const isCurrent = currency === 'current';
  const failed = outcomes.filter(({ passed }) => !passed);
  return {
    ...{ strategy: ads.id, scenarios: currency, at, version },
    total: ads.scenarios.length + ads.recordings.length,
    passed: isCurrent ? outcomes.length - failed.length : null,
    failures: isCurrent
      ? failed.map(({ scenario, reasons }) => ({ scenario, why: reasons.join('; ') }))
      : null,
    measured: quality ? measuredOf(quality) : null,
  };
}

const measuredOf = ({ corpus, evasion }: Quality): Measured => ({
  precision: corpus?.precision ?? null,
  recall: corpus?.recall ?? null,
  evasion: evasion?.score ?? null,
  right: corpus?.found ?? 0,
  wrong: corpus?.false ?? 0,
  missed: corpus?.missed ?? 0,
});
