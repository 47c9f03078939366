import { isNode, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { ContentError } from './front-matter.js';

/** A place in a content file, both numbers 1-based. */
export interface Place {
  file: string;
  line: number;
  column: number;
}

/** An author's mistake, where it is and what to do about it. */
export interface ContentProblem extends Place {
  message: string;
  advice: string;
}

export type YamlPath = readonly (string | number)[];

/** YAML that still knows where each value stood. */
export interface PlacedYaml {
  value: unknown;
  /** Where the value at `path` stands; where it is absent, its nearest parent. */
  at(path: YamlPath): Place;
  /** The first syntax error. */
  problem: ContentProblem | null;
}

/**
 * `lineOffset` is the number of lines that stand before `text` in the file. Under the `failsafe` schema every scalar is a text, so that
 * an id of digits stays one.
 */
export function readPlacedYaml(
  text: string,
  file: string,
  lineOffset = 0,
  schema: 'core' | 'failsafe' = 'core',
): PlacedYaml {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, schema });
  const placeOf = (offset: number): Place => {
    const { line, col } = counter.linePos(offset);
    return { file, line: line + lineOffset, column: col };
  };
  const at = (path: YamlPath): Place => {
    for (let depth = path.length; depth >= 0; depth -= 1) {
      const node: unknown = document.getIn(path.slice(0, depth), true);
      if (isNode(node) && node.range) return placeOf(node.range[0]);
    }
    return { file, line: lineOffset + 1, column: 1 };
  };
  const error = document.errors[0];
  const problem = error
    ? {
        ...placeOf(error.pos[0]),
        message: `not YAML: ${error.message}`,
        advice: 'quote values that hold ": " or start with { [ & * ! |',
      }
    : null;
  return { value: error ? null : (document.toJS() as unknown), at, problem };
}

/** What zod found wrong, at the places where it stands. */
export function problemsOf(error: z.ZodError, yaml: PlacedYaml): ContentProblem[] {
  return error.issues.map((issue) => {
    const path = issue.path.filter((part) => typeof part !== 'symbol');
    const name = path.join('.') || 'the file';
    return {
      ...yaml.at(path),
      message: `${name}: ${issue.message}`,
      advice: 'see docs of the field in src/model/strategy.ts',
    };
  });
}

/** "file:line:column: message (advice)" */
function formatProblem(problem: ContentProblem): string {
  return `${problem.file}:${problem.line}:${problem.column}: ${problem.message} (${problem.advice})`;
}

/** @throws ContentError listing every problem, one a line */
export function throwProblems(problems: readonly ContentProblem[]): void {
  if (problems.length > 0) throw new ContentError(problems.map(formatProblem).join('\n'));
}
