import { isDeepStrictEqual } from 'node:util';
import type { PatchStep } from '../objects.js';

type Json = Record<string, unknown> | unknown[];

/** The part of RFC 6902 that plans use, on a copy; throws when a step does not hold. A missing path tests equal to null, as in the API server's library. */
export function applyJsonPatch<T extends object>(document: T, steps: PatchStep[]): T {
  const copy = structuredClone(document);
  for (const step of steps) {
    const path = step.path
      .slice(1)
      .split('/')
      .map((part) => part.replace(/~1/g, '/').replace(/~0/g, '~'));
    const last = path.pop()!;
    const parent = path.reduce<unknown>(
      (at, part) => (at as Record<string, unknown> | undefined)?.[part],
      copy,
    );
    if (parent === null || typeof parent !== 'object') throw new Error(`${step.path}: no such parent`);
    run(parent as Json, last, step);
  }
  return copy;
}

function run(parent: Json, key: string, step: PatchStep): void {
  const present = (parent as Record<string, unknown>)[key];
  if (step.op === 'test') {
    if (!isDeepStrictEqual(present ?? null, step.value)) throw new Error(`${step.path}: test failed`);
    return;
  }
  if (step.op !== 'add' && present === undefined) throw new Error(`${step.path}: no such value`);
  if (!Array.isArray(parent)) {
    if (step.op === 'remove') delete parent[key];
    else parent[key] = step.value;
    return;
  }
  const index = Number(key);
  if (index > parent.length) throw new Error(`${step.path}: beyond the end`);
  if (step.op === 'remove') parent.splice(index, 1);
  else parent.splice(index, step.op === 'add' ? 0 : 1, step.value);
}
