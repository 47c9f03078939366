import { basename } from 'node:path';
import type { Check, Spot } from './checks.js';
import type { Ads } from './folder.js';

/** ClickHouse integer types and the values they hold. */
const INTEGER_BOUNDS: Record<string, [number, number]> = {
  UInt8: [0, 255],
  UInt16: [0, 65_535],
  UInt32: [0, 4_294_967_295],
  UInt64: [0, Number.MAX_SAFE_INTEGER],
  Int32: [-2_147_483_648, 2_147_483_647],
  Int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
};

class UnknownParameter implements Check {
  name = 'unknown parameter';
  severity = 'error' as const;
  advice =
    'declare it under parameters in strategy.md (type, unit, default, range, reason) and in the SQL header';
  *find(ads: Ads): Iterable<Spot> {
    const declared = new Map((ads.strategy?.parameters ?? []).map((each) => [each.name, each.type]));
    for (const { analytic, queryParameters, headerLines } of ads.analytics) {
      if (!analytic || !ads.strategy) continue;
      for (const used of queryParameters) {
        const { file, line, column } = used;
        const type = declared.get(used.name);
        if (type === undefined)
          yield { file, line, column, message: `{${used.name}:${used.type}} is no parameter of ${ads.id}` };
        else if (type !== used.type)
          yield { file, line, column, message: `{${used.name}:${used.type}} is declared as ${type}` };
        if (!analytic.parameters.includes(used.name))
          yield { file, line, column, message: `${used.name} is missing in -- parameters` };
      }
      const inSql = new Set(queryParameters.map((used) => used.name));
      for (const name of analytic.parameters.filter((each) => !inSql.has(each))) {
        yield {
          file: analytic.file,
          line: headerLines.parameters ?? 1,
          column: 1,
          message: `the SQL never uses {${name}:…}`,
        };
      }
    }
  }
}

class UnusedParameter implements Check {
  name = 'unused parameter';
  severity = 'error' as const;
  advice = 'delete it, or use it in an analytic';
  *find(ads: Ads): Iterable<Spot> {
    const used = new Set(
      ads.analytics.flatMap((each) => each.queryParameters.map((parameter) => parameter.name)),
    );
    for (const { name } of ads.strategy?.parameters ?? []) {
      if (!used.has(name))
        yield { ...ads.frontMatter.at(['parameters', name]), message: `no analytic uses ${name}` };
    }
  }
}

class BadDefault implements Check {
  name = 'default out of range';
  severity = 'error' as const;
  advice = 'numbers need a range [low, high] that holds the default and fits the type';
  *find(ads: Ads): Iterable<Spot> {
    for (const { name, type, range, default: value } of ads.strategy?.parameters ?? []) {
      const at = (key: string): Omit<Spot, 'message'> => ads.frontMatter.at(['parameters', name, key]);
      if (typeof value === 'string') {
        if (type !== 'String') yield { ...at('default'), message: `${name} is ${type}, its default is text` };
        continue;
      }
      if (type === 'String')
        yield { ...at('default'), message: `${name} is String, its default is a number` };
      if (!range) yield { ...at('default'), message: `${name} has no range` };
      else if (value < range[0] || value > range[1])
        yield { ...at('default'), message: `${name}: ${value} is not in [${range.join(', ')}]` };
      const bounds = INTEGER_BOUNDS[type];
      for (const each of bounds ? [value, ...(range ?? [])] : []) {
        if (!Number.isInteger(each) || each < bounds![0] || each > bounds![1])
          yield { ...at('range'), message: `${name}: ${each} is no ${type}` };
      }
    }
  }
}

class BadThreshold implements Check {
  name = 'thresholds and requirements';
  severity = 'error' as const;
  advice =
    'one class alone needs a higher score than two; requires names triggers; each level stands once in falling order';
  *find(ads: Ads): Iterable<Spot> {
    const { strategy, frontMatter } = ads;
    if (!strategy) return;
    if (strategy.openAtSingleClass < strategy.openAt) {
      yield { ...frontMatter.at(['openAtSingleClass']), message: 'openAtSingleClass is below openAt' };
    }
    const byId = new Map(strategy.analytics.map((each) => [each.id, each]));
    for (const [index, id] of strategy.requires.entries()) {
      const message = !byId.has(id)
        ? `requires "${id}", which is no analytic`
        : byId.get(id)!.role === 'context'
          ? `requires "${id}", which is only context`
          : '';
      if (message !== '') yield { ...frontMatter.at(['requires', index]), message };
    }
    const ranks = strategy.priority.map((each) => ['high', 'medium', 'low'].indexOf(each.level));
    for (const [index, level] of strategy.priority.entries()) {
      if (index > 0 && ranks[index]! < ranks[index - 1]!)
        yield {
          ...frontMatter.at(['priority', index]),
          message: `${level.level} stands below a lower level`,
        };
      for (const id of (level.analytics ?? []).filter((each) => !byId.has(each))) {
        yield { ...frontMatter.at(['priority', index, 'analytics']), message: `"${id}" is no analytic` };
      }
    }
  }
}

class DuplicateId implements Check {
  name = 'duplicate id';
  severity = 'error' as const;
  advice = 'ids are names other places point at: make them different';
  *find(ads: Ads): Iterable<Spot> {
    yield* repeated(ads.strategy?.probes ?? [], () => ({ file: ads.file, line: 1, column: 1 }), 'probe');
    yield* repeated(ads.playbook?.steps ?? [], (index) => ads.playbookYaml.at(['steps', index]), 'step');
    yield* repeated(
      ads.strategy?.analytics ?? [],
      () => ({ file: ads.file, line: 1, column: 1 }),
      'analytic',
    );
  }
}

class BadTitle implements Check {
  name = 'title';
  severity = 'error' as const;
  advice =
    'name one event in at most 70 characters, e.g. "Container uploads an unusual volume to a web service"';
  *find(ads: Ads): Iterable<Spot> {
    const title = ads.strategy?.title ?? '';
    if (!ads.strategy) return;
    const place = ads.frontMatter.at(['title']);
    if (title.length > 70) yield { ...place, message: `title has ${title.length} characters` };
    if (/[.!?]$/.test(title)) yield { ...place, message: 'title ends in punctuation' };
    if (!/^[A-Z]/.test(title)) yield { ...place, message: 'title starts in lower case' };
    if (/\b(monitor|detect|report|strategy|various|suspicious activit)/i.test(title)) {
      yield { ...place, message: 'title names the detecting, not the event' };
    }
    if (!basename(ads.folder).startsWith(`${ads.strategy.technique}-`)) {
      yield {
        ...ads.frontMatter.at(['technique']),
        message: `folder ${ads.id} does not start with ${ads.strategy.technique}-`,
      };
    }
    if (
      ads.strategy.technique.includes('.') &&
      ads.strategy.parent !== ads.strategy.technique.split('.')[0]
    ) {
      yield { ...ads.frontMatter.at(['technique']), message: 'a sub-technique names its parent' };
    }
  }
}

class BadLink implements Check {
  name = 'link';
  severity = 'error' as const;
  advice = 'write [text](https://host/path)';
  *find(ads: Ads): Iterable<Spot> {
    for (const [index, line] of ads.body.split('\n').entries()) {
      for (const match of line.matchAll(/\]\(([^)]*)\)/g)) {
        const target = match[1]!.trim();
        const isFine =
          target.startsWith('#') || (URL.canParse(target) && new URL(target).protocol === 'https:');
        if (!isFine)
          yield {
            file: ads.file,
            line: ads.bodyLine + index,
            column: match.index + 3,
            message: `"${target}" is no https address`,
          };
      }
    }
  }
}

class ScenarioExpectation implements Check {
  name = 'scenario expectation';
  severity = 'error' as const;
  advice =
    'fires-* expects a finding, misses-* expects none, quiet-* with a finding names under quiet who is meant';
  *find(ads: Ads): Iterable<Spot> {
    for (const { kind, id, file, expect } of ads.scenarios) {
      const place = { file, line: 1, column: 1 };
      const fires = expect.findings.length > 0;
      if (kind === 'fires' && !fires) yield { ...place, message: `${id} expects no finding` };
      if (kind === 'misses' && fires) yield { ...place, message: `${id} expects a finding` };
      if (kind === 'quiet' && fires && expect.quiet.length === 0)
        yield { ...place, message: `${id} expects a finding and names nobody as quiet` };
    }
  }
}

export const MACHINE_CHECKS: readonly Check[] = [
  new UnknownParameter(),
  new UnusedParameter(),
  new BadDefault(),
  new BadThreshold(),
  new DuplicateId(),
  new BadTitle(),
  new BadLink(),
  new ScenarioExpectation(),
];

function* repeated(
  items: readonly { id: string }[],
  at: (index: number) => Omit<Spot, 'message'>,
  what: string,
): Iterable<Spot> {
  const seen = new Set<string>();
  for (const [index, { id }] of items.entries()) {
    if (seen.has(id)) yield { ...at(index), message: `${what} "${id}" stands twice` };
    seen.add(id);
  }
}
