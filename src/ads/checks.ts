import type { Place } from '../model/strategy-places.js';
import { bindingsOf, sectionOf } from './document.js';
import type { Ads } from './folder.js';
import { type BindingKind, SECTIONS } from './sections.js';
import { targetsOf } from './targets.js';

export interface Spot extends Place {
  message: string;
}

/** One rule of the content. It yields what breaks it; advice says what to do. */
export interface Check {
  readonly name: string;
  readonly severity: 'error' | 'warning';
  readonly advice: string;
  find(ads: Ads): Iterable<Spot>;
}

class MissingSection implements Check {
  name = 'missing section';
  severity = 'error' as const;
  advice = 'an ADS has ten sections; write it, even if it is one sentence';
  *find(ads: Ads): Iterable<Spot> {
    for (const rule of SECTIONS) {
      const section = sectionOf(ads.document, rule.id);
      if (!section) yield inBody(ads, ads.bodyLine, `no section "${rule.heading}"`);
      else if (section.text === '') yield inBody(ads, section.line, `section "${rule.heading}" is empty`);
    }
  }
}

class UnknownSection implements Check {
  name = 'unknown section';
  severity = 'error' as const;
  advice = 'use one of the ten headings of the ADS format, or a heading of level 3 inside one';
  *find(ads: Ads): Iterable<Spot> {
    const seen = new Set<string>();
    for (const section of ads.document.sections) {
      if (section.id === null && !/^(blind spots|limitations)/i.test(section.heading)) {
        yield inBody(ads, section.line, `"${section.heading}" is no section of an ADS`);
      }
      if (section.id !== null && seen.has(section.id))
        yield inBody(ads, section.line, `section "${section.heading}" stands twice`);
      if (section.id !== null) seen.add(section.id);
    }
  }
}

class UnboundBullet implements Check {
  name = 'bullet without binding';
  severity = 'error' as const;
  advice = 'end it with a marker such as {misses: misses-a-slow-drip}, so that the claim is tested';
  *find(ads: Ads): Iterable<Spot> {
    for (const rule of SECTIONS.filter((each) => each.binds)) {
      const section = sectionOf(ads.document, rule.id);
      if (section && section.bullets.length === 0)
        yield inBody(ads, section.line, `"${rule.heading}" has no bullets`);
      for (const bullet of section?.bullets ?? []) {
        if (bullet.bindings.length === 0) {
          yield {
            file: ads.file,
            line: bullet.line,
            column: bullet.column,
            message: `bullet has no {${rule.binds}: …}: "${cut(bullet.text)}"`,
          };
        }
      }
    }
  }
}

class MisplacedBinding implements Check {
  name = 'binding of the wrong kind';
  severity = 'error' as const;
  advice = 'each section has one kind of proof: see src/ads/sections.ts';
  *find(ads: Ads): Iterable<Spot> {
    for (const binding of bindingsOf(ads.document)) {
      const rule = SECTIONS.find((each) => each.id === binding.section);
      if (rule?.binds && binding.kind !== rule.binds) {
        yield spot(ads, binding, `{${binding.kind}: …} in "${rule.heading}", which binds {${rule.binds}: …}`);
      }
    }
  }
}

class DanglingBinding implements Check {
  name = 'binding without target';
  severity = 'error' as const;
  advice = 'write the analytic, probe, scenario or step it names, or correct the name';
  *find(ads: Ads): Iterable<Spot> {
    const targets = targetsOf(ads);
    for (const binding of bindingsOf(ads.document)) {
      const known = targets.get(binding.kind as BindingKind);
      if (!known) yield spot(ads, binding, `"${binding.kind}" is no kind of binding`);
      // What declares it could not be read, which is told already.
      else if (isUnread(ads, binding.kind)) continue;
      else if (!known.has(binding.target))
        yield spot(ads, binding, `no ${binding.kind} "${binding.target}"${nearest(binding.target, known)}`);
    }
  }
}

class UnmentionedTarget implements Check {
  name = 'target without bullet';
  severity = 'error' as const;
  advice = 'add a bullet that says what it shows, or delete it';
  *find(ads: Ads): Iterable<Spot> {
    const bound = new Set(bindingsOf(ads.document).map((binding) => `${binding.kind}:${binding.target}`));
    for (const [kind, targets] of targetsOf(ads)) {
      for (const [target, place] of targets) {
        if (!bound.has(`${kind}:${target}`))
          yield { ...place, message: `${kind} "${target}" has no bullet in strategy.md` };
      }
    }
  }
}

class UncarriedRequirement implements Check {
  name = 'requirement without carrier';
  severity = 'error' as const;
  advice = 'name an analytic, probe, scenario, step or parameter that exists';
  *find(ads: Ads): Iterable<Spot> {
    if (isUnread(ads, 'step')) return;
    const known = new Set([...targetsOf(ads).values()].flatMap((targets) => [...targets.keys()]));
    for (const parameter of ads.strategy?.parameters ?? []) known.add(parameter.name);
    for (const [requirement, carriers] of Object.entries(ads.strategy?.carries ?? {})) {
      for (const carrier of carriers.filter((each) => !known.has(each))) {
        yield {
          ...ads.frontMatter.at(['carries', requirement]),
          message: `${requirement} is carried by "${carrier}", which does not exist`,
        };
      }
    }
  }
}

export const DOCUMENT_CHECKS: readonly Check[] = [
  new MissingSection(),
  new UnknownSection(),
  new UnboundBullet(),
  new MisplacedBinding(),
  new DanglingBinding(),
  new UnmentionedTarget(),
  new UncarriedRequirement(),
];

function isUnread(ads: Ads, kind: string): boolean {
  return kind === 'step' ? !ads.playbook : ['analytic', 'probe', 'priority'].includes(kind) && !ads.strategy;
}

function inBody(ads: Ads, line: number, message: string): Spot {
  return { file: ads.file, line, column: 1, message };
}

function spot(ads: Ads, place: { line: number; column: number }, message: string): Spot {
  return { file: ads.file, line: place.line, column: place.column, message };
}

function cut(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** A known name that shares the longest start, as a hint. */
function nearest(name: string, known: ReadonlyMap<string, unknown>): string {
  const shared = (other: string): number => [...other].findIndex((letter, index) => letter !== name[index]);
  const best = [...known.keys()].map((other) => ({
    other,
    length: shared(other) === -1 ? other.length : shared(other),
  }));
  const top = best.sort((a, b) => b.length - a.length)[0];
  return top && top.length >= 5 ? `; did you mean "${top.other}"?` : '';
}
