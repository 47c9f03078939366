import { expect, test } from 'vitest';
import { readEmulations } from '../model/emulation.js';
import { contentFolder } from '../model/paths.js';
import { offeredAttacks } from './offer.js';
import { allSteps, prefixNames } from './rename.js';

const all = await readEmulations(contentFolder('strategies'));

test('every name of an attack that is offered begins with the prefix', () => {
  for (const one of offeredAttacks(all)) {
    const renamed = prefixNames(one, 'test-1');
    const names = [
      ...renamed.containers.map(({ name }) => name),
      ...allSteps(renamed).flatMap((step) =>
        'start' in step
          ? [step.start]
          : 'exec' in step
            ? [step.exec]
            : 'copyOut' in step
              ? [step.copyOut]
              : 'copyIn' in step
                ? [step.copyIn, step.from]
                : [],
      ),
      ...renamed.expect.findings.map(({ entity }) => entity),
    ];
    for (const name of names)
      expect([one.id, name]).toEqual([one.id, expect.stringMatching(/^test-1-(?!test)/)]);
  }
});

test('a compose project takes it along', () => {
  const renamed = prefixNames(all.find(({ id }) => id === 'periodic-job')!, 'test-1');
  expect(renamed.expect.findings.map(({ entity }) => entity)).toEqual(['test-1-shop/report-job']);
  expect(allSteps(renamed)).toContainEqual(
    expect.objectContaining({
      start: 'test-1-report-job',
      labels: { 'com.docker.compose.project': 'test-1-shop', 'com.docker.compose.service': 'report-job' },
    }),
  );
});
