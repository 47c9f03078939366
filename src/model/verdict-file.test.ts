import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readVerdicts } from './verdict-file.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verdicts-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(text: string, name = 'verdicts.yaml') {
  const file = join(folder, name);
  await writeFile(file, text);
  return readVerdicts(file);
}

const UID = '{ uid: 12345678e1234567, verdict: benign, reason: a drill }';
const WINDOW =
  '{ technique: T1567, entity: app1, from: 2026-11-21T03:00:00Z, to: 2026-11-21T04:00:00+01:00, verdict: true_positive, reason: it was }';

test.each([
  ['a list', `- ${UID}\n- ${WINDOW}\n`],
  ['a list under verdicts', `verdicts:\n  - ${UID}\n  - ${WINDOW}\n`],
])('%s is read, and a uid of digits stays a text', async (_, text) => {
  const verdicts = await read(text);
  expect(verdicts).toMatchObject([
    { uid: '12345678e1234567', verdict: 'benign', reason: 'a drill' },
    { technique: 'T1567', entity: 'app1', verdict: 'true_positive' },
  ]);
  expect(verdicts[1]!.where).toMatch(/verdicts\.yaml:[23]:\d$/);
});

test('so is one JSON object a line', async () => {
  const text = '{"uid":"0123456789abcdef","verdict":"false_positive","reason":"a build"}\n\n';
  expect(await read(text, 'v.ndjson')).toMatchObject([
    { uid: '0123456789abcdef', verdict: 'false_positive' },
  ]);
});

test.each([
  [
    'a word that is no verdict',
    '- { uid: 0123456789abcdef, verdict: fp, reason: abc }',
    /yaml:1:37: verdict: /,
  ],
  ['no reason', '- { uid: 0123456789abcdef, verdict: benign }', /yaml:1:3: reason: /],
  [
    'a uid that is none',
    '- { uid: abc, verdict: benign, reason: abc }',
    /yaml:1:10: uid: the uid of a finding/,
  ],
  ['uid and window', `- ${UID.replace('{', '{ entity: a,')}`, /yaml:1:3: .*entity/],
  ['a time that is none', `- ${WINDOW.replace('2026-11-21T03:00:00Z', 'yesterday')}`, /from: a time such as/],
  [
    'an end before the start',
    `- ${WINDOW.replace('T04', 'T01')}`,
    /yaml:1:\d+: to: it ends before it starts/,
  ],
  ['no list', 'verdicts: 3', /yaml:1:1: no list of verdicts/],
  ['nothing', '', /yaml:1:1: no list of verdicts/],
  ['text that is no YAML', '- { uid: 1', /yaml:1:\d+: not YAML/],
])('%s is a mistake with a place', async (_, text, message) => {
  await expect(read(text)).rejects.toThrow(message);
});

test('each line of JSON lines has its own place', async () => {
  const good = '{"uid":"0123456789abcdef","verdict":"benign","reason":"abc"}';
  await expect(read(`${good}\n{"uid":"x"}\n{bad\n`, 'v.jsonl')).rejects.toThrow(
    /v\.jsonl:2:8: uid[\s\S]*v\.jsonl:3:\d+: not YAML/,
  );
});

test('a file that is not there is told by name', async () => {
  await expect(readVerdicts(join(folder, 'absent.yaml'))).rejects.toThrow('absent.yaml: cannot be read');
});
