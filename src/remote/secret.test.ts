import { expect, test } from 'vitest';
import { cover } from './secret.js';

test('a secret is covered wherever it stands, a URL’s in each of its parts', () => {
  const url = 'https://hooks.slack.com/services/T0AAAA/B0BBBB/abcdefgh?sig=ijklmnop';
  expect(cover(`POST ${url} failed`, [url])).toBe('POST https://hooks.slack.com*** failed');
  expect(cover('no_team T0AAAA for abcdefgh, ijklmnop', [url])).toBe('no_team *** for ***, ***');
  expect(cover('key k3y-of-ours is wrong', ['k3y-of-ours', null])).toBe('key *** is wrong');
});
