import { expect, test } from 'vitest';
import type { Finding, FindingDetail, InputProblem } from '../model/hunt-result.js';
import { Pictures } from './pictures.js';

const judgedOf = (scores: Record<string, number>) =>
  new Map(Object.entries(scores).map(([uid, score]) => [uid, { uid, score } as Finding]));
const picture = async ({ uid }: Finding) => ({ uid }) as FindingDetail;
const fail = ({ what }: InputProblem) => {
  throw new Error(what);
};
const FEW = { least: 2, longestMs: 0, againMs: 0 };

const madeBy = async (pictures: Pictures, judged: Map<string, Finding>) => [
  ...(await pictures.make(judged, picture, fail)).keys(),
];

test('when there are too many, the surest are pictured first and the rest later, each once', async () => {
  const pictures = new Pictures([], FEW);
  const judged = judgedOf({ a: 0.6, b: 0.9, c: 0.7, d: 0.8, e: 0.5 });
  for (const uid of judged.keys()) pictures.outdated(uid, true);
  expect(await madeBy(pictures, judged)).toEqual(['b', 'd']);
  expect(await madeBy(pictures, judged)).toEqual(['c', 'a']);
  expect(await madeBy(pictures, judged)).toEqual(['e']);
  expect(await madeBy(pictures, judged)).toEqual([]);
});

test('one that only goes on waits for its time, one with news does not, and none goes before one without picture', async () => {
  const pictures = new Pictures([], { least: 3, longestMs: 0, againMs: 1e9 });
  const judged = judgedOf({ a: 0.9, b: 0.8, c: 0.5 });
  pictures.outdated('a', true);
  pictures.outdated('b', true);
  expect(await madeBy(pictures, judged)).toEqual(['a', 'b']);
  pictures.outdated('a', false);
  pictures.outdated('c', false);
  expect(await madeBy(pictures, judged)).toEqual(['c']);
  pictures.outdated('b', true);
  expect(await madeBy(pictures, judged)).toEqual(['b']);
});

test('what an earlier process owed is made, and what is judged no more is owed no more', async () => {
  const pictures = new Pictures(['a', 'gone'], FEW);
  expect(await madeBy(pictures, judgedOf({ a: 0.5 }))).toEqual(['a']);
  expect(await madeBy(pictures, judgedOf({ gone: 0.5 }))).toEqual([]);
});

test('a picture that fails is told of and tried again in its time; the others are made', async () => {
  const pictures = new Pictures([], { ...FEW, least: 3 });
  const judged = judgedOf({ a: 0.9, b: 0.8, c: 0.7 });
  for (const uid of judged.keys()) pictures.outdated(uid, true);
  const failed: string[] = [];
  const made = await pictures.make(
    judged,
    (finding) =>
      finding.uid === 'a' ? Promise.reject(new Error('no such point in time')) : picture(finding),
    ({ where, what }) => failed.push(`${where}: ${what}`),
  );
  expect([...made.keys()]).toEqual(['b', 'c']);
  expect(failed).toEqual(['finding a: its picture cannot be made: no such point in time']);
  expect(await madeBy(pictures, judged)).toEqual(['a']);
});

test('when every picture fails, a tick tries no more of them than it makes otherwise', async () => {
  const pictures = new Pictures([], FEW);
  const judged = judgedOf({ a: 0.9, b: 0.8, c: 0.7, d: 0.6 });
  for (const uid of judged.keys()) pictures.outdated(uid, true);
  const failed: string[] = [];
  const noEngine = () => Promise.reject(new Error('no engine'));
  await pictures.make(judged, noEngine, ({ where }) => failed.push(where));
  expect(failed).toEqual(['finding a', 'finding b']);
  expect(await madeBy(pictures, judged)).toEqual(['c', 'd']);
});
