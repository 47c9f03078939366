import { KNOWN_NEEDS } from '../detect/visibility.js';
import { ATTACK_RELEASE, TACTICS, tacticOf } from '../output/attack.js';
import type { Check, Spot } from './checks.js';
import { sectionOf } from './document.js';
import type { Ads } from './folder.js';
import { carriersOf } from './targets.js';

class UnknownNeed implements Check {
  name = 'unknown need';
  severity = 'error' as const;
  advice = `an analytic may need ${KNOWN_NEEDS.join(', ')}`;
  *find(ads: Ads): Iterable<Spot> {
    for (const { analytic, headerLines } of ads.analytics) {
      for (const need of (analytic?.needs ?? []).filter((each) => !KNOWN_NEEDS.includes(each))) {
        const line = headerLines.needs ?? 1;
        yield { file: analytic!.file, line, column: 1, message: `${analytic!.id} needs "${need}"` };
      }
    }
  }
}

class Categorization implements Check {
  name = 'categorization';
  severity = 'error' as const;
  advice = 'the text and the front matter say the same: technique, tactic, release and MITRE ids';
  *find(ads: Ads): Iterable<Spot> {
    const { strategy, frontMatter } = ads;
    if (!strategy) return;
    const { attack, technique, tactic } = strategy;
    if (attack.release !== ATTACK_RELEASE)
      yield {
        ...frontMatter.at(['attack', 'release']),
        message: `release ${attack.release}; the pinned one is ${ATTACK_RELEASE}`,
      };
    const known = tacticOf(technique);
    if (!TACTICS.has(tactic))
      yield { ...frontMatter.at(['tactic']), message: `"${tactic}" is no tactic of ATT&CK` };
    else if (known && known.uid !== TACTICS.get(tactic))
      yield {
        ...frontMatter.at(['tactic']),
        message: `${technique} belongs to ${known.name}, not ${tactic}`,
      };
    const section = sectionOf(ads.document, 'categorization');
    const wanted = [
      technique,
      TACTICS.get(tactic),
      attack.release,
      attack.detectionStrategy,
      ...attack.analytics,
    ];
    for (const word of section ? wanted : []) {
      if (word !== undefined && !section!.text.includes(word))
        yield {
          file: ads.file,
          line: section!.line,
          column: 1,
          message: `"${section!.heading}" does not name ${word}, which the front matter says`,
        };
    }
  }
}

class PlaceholderId implements Check {
  name = 'placeholder id';
  severity = 'warning' as const;
  advice = 'look it up at https://attack.mitre.org under the technique, or leave it when MITRE has none';
  *find(ads: Ads): Iterable<Spot> {
    const { detectionStrategy = '', analytics = [] } = ads.strategy?.attack ?? {};
    if (detectionStrategy === 'DET0000')
      yield { ...ads.frontMatter.at(['attack', 'detectionStrategy']), message: 'DET0000 is a placeholder' };
    for (const [index, id] of analytics.entries())
      if (id === 'AN0000')
        yield { ...ads.frontMatter.at(['attack', 'analytics', index]), message: 'AN0000 is a placeholder' };
  }
}

class VaguePriority implements Check {
  name = 'priority without criterion';
  severity = 'error' as const;
  advice =
    'state minScore, minBytesOut, minClasses or analytics; the last level has none, so that every finding has a level';
  *find(ads: Ads): Iterable<Spot> {
    const levels = ads.strategy?.priority ?? [];
    for (const [index, { level, when: _when, ...bounds }] of levels.entries()) {
      const isLast = index === levels.length - 1;
      const isFree = Object.keys(bounds).length === 0;
      const place = ads.frontMatter.at(['priority', index]);
      if (isFree && !isLast)
        yield { ...place, message: `${level} holds for every finding, and hides what follows` };
      if (!isFree && isLast)
        yield { ...place, message: `a finding may meet no level: ${level} is the last and has bounds` };
    }
  }
}

class NoLink implements Check {
  name = 'resources without link';
  severity = 'error' as const;
  advice = 'name where a reader learns more, as [text](https://host/path)';
  *find(ads: Ads): Iterable<Spot> {
    const section = sectionOf(ads.document, 'resources');
    if (section && section.text !== '' && !/\]\(https:/.test(section.text))
      yield { file: ads.file, line: section.line, column: 1, message: `"${section.heading}" has no link` };
  }
}

class SuppressedWithoutConfig implements Check {
  name = 'suppressed by nothing';
  severity = 'error' as const;
  advice = 'name under config the stowaway.yaml whose allowance or sanction hides it';
  *find(ads: Ads): Iterable<Spot> {
    for (const { id, file, config, expect } of ads.scenarios) {
      if (expect.suppressed.length > 0 && config === undefined)
        yield { file, line: 1, column: 1, message: `${id} expects a suppressed finding and has no config` };
    }
  }
}

class BrokenPromise implements Check {
  name = 'promise without carrier';
  severity = 'error' as const;
  advice =
    'name under carries what keeps it, or let an emulation show it; requirements.yaml lists the promises';
  *find(ads: Ads): Iterable<Spot> {
    if (!ads.strategy || ads.requirements.length === 0) return;
    for (const { id, name } of ads.requirements) {
      if (carriersOf(ads, id).length === 0)
        yield { ...ads.frontMatter.at(['carries']), message: `nothing carries ${id}: ${name}` };
    }
    const promised = new Set(ads.requirements.map((each) => each.id));
    for (const id of Object.keys(ads.strategy.carries)) {
      if (!promised.has(id))
        yield {
          ...ads.frontMatter.at(['carries', id]),
          message: `${id} is no promise of ${ads.strategy.technique}`,
        };
    }
  }
}

export const SECTION_CHECKS: readonly Check[] = [
  new UnknownNeed(),
  new Categorization(),
  new PlaceholderId(),
  new VaguePriority(),
  new NoLink(),
  new SuppressedWithoutConfig(),
  new BrokenPromise(),
];
