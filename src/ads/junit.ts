import { forHtml, forTerminal } from '../output/escape.js';
import { CHECK_RULES, type LintIssue, lineOf } from './lint.js';
import type { ScenarioOutcome } from './test.js';

interface Case {
  suite: string;
  name: string;
  seconds: number;
  /** Why it failed, one a line; empty when it passed. */
  failures: string[];
  /** Worth reading, no failure. */
  notes: string[];
}

/** One test case a check; its issues are the failure, warnings are only noted. */
export function lintToJunit(issues: readonly LintIssue[]): string {
  const cases = CHECK_RULES.map(({ name }): Case => {
    const own = issues.filter((issue) => issue.check === name);
    const lines = (severity: LintIssue['severity']): string[] =>
      own.filter((issue) => issue.severity === severity).map(lineOf);
    return { suite: 'ads lint', name, seconds: 0, failures: lines('error'), notes: lines('warning') };
  });
  return toJunit('stowaway ads lint', cases);
}

/** One suite a strategy, one test case a scenario. */
export function outcomesToJunit(outcomes: readonly ScenarioOutcome[]): string {
  const cases = outcomes.map(
    (outcome): Case => ({
      suite: outcome.strategy,
      name: outcome.scenario,
      seconds: outcome.elapsedSeconds,
      failures: outcome.reasons,
      notes: [outcome.sentence],
    }),
  );
  return toJunit('stowaway ads test', cases);
}

function toJunit(name: string, cases: readonly Case[]): string {
  const suites = [...new Set(cases.map((each) => each.suite))].map((suite) => {
    const own = cases.filter((each) => each.suite === suite);
    return [`  <testsuite ${attributes(suite, own)}>`, ...own.flatMap(caseLines), '  </testsuite>'];
  });
  return `${['<?xml version="1.0" encoding="UTF-8"?>', `<testsuites ${attributes(name, cases)}>`, ...suites.flat(), '</testsuites>'].join('\n')}\n`;
}

function attributes(name: string, cases: readonly Case[]): string {
  const failed = cases.filter((each) => each.failures.length > 0).length;
  const seconds = cases.reduce((sum, each) => sum + each.seconds, 0).toFixed(3);
  return `name="${attribute(name)}" tests="${cases.length}" failures="${failed}" errors="0" skipped="0" time="${seconds}"`;
}

function caseLines({ suite, name, seconds, failures, notes }: Case): string[] {
  const open = `    <testcase classname="${attribute(suite)}" name="${attribute(name)}" time="${seconds.toFixed(3)}">`;
  const failure = failures.map(text).join('\n');
  return [
    open,
    ...(failure === '' ? [] : [`      <failure message="${attribute(failures[0]!)}">${failure}</failure>`]),
    ...(notes.length === 0 ? [] : [`      <system-out>${notes.map(text).join('\n')}</system-out>`]),
    '    </testcase>',
  ];
}

/** XML 1.0 holds no control characters and neither U+FFFE nor U+FFFF; each becomes visible instead. */
const text = (value: string): string =>
  forHtml(value).replace(/[\ufffe\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16)}`);

/** A line feed in an attribute would be read as a blank. */
const attribute = (value: string): string => text(forTerminal(value));
