import { describe, expect, test } from 'vitest';
import { ConfigSchema, DEFAULT_CONFIG } from '../model/config.js';
import { limitsOf, RateLimit } from './limits.js';

describe('a rate', () => {
  test('lets through what flows in, and says how long to wait for more', () => {
    let now = 0;
    const rate = new RateLimit(2, 4, () => now);
    expect([1, 2, 3, 4].map(() => rate.take('a'))).toEqual([0, 0, 0, 0]);
    expect(rate.take('a')).toBe(1);
    expect(rate.take('b')).toBe(0);
    now = 500;
    expect([rate.take('a'), rate.take('a')]).toEqual([0, 1]);
    now = 400;
    expect(rate.take('a')).toBe(1);
  });

  test('forgets names, so that their number is bounded, and never who asks now', () => {
    const rate = new RateLimit(0.001, 1, () => 0);
    expect(rate.take('again')).toBe(0);
    for (let n = 0; n < 9000; n += 1) rate.take(`x${n}`);
    expect(rate.take('again')).toBeGreaterThan(0);
    for (let n = 0; n < 9000; n += 1) rate.take(`y${n}`);
    expect(rate.take('again')).toBeGreaterThan(0);
  });
});

describe('stowaway.yaml', () => {
  const refused = (serve: object): string[] =>
    ConfigSchema.safeParse({ serve }).error?.issues.map(({ path }) => path.join('.')) ?? [];

  test('states limits and where to listen; the default is a loopback address', () => {
    expect(DEFAULT_CONFIG.serve).toMatchObject({
      listen: '127.0.0.1:8470',
      insecure: false,
      metrics: 'token',
    });
    const { serve } = ConfigSchema.parse({ serve: { limits: { body_bytes: 2048 } } });
    expect(limitsOf(serve)).toMatchObject({ bodyBytes: 2048, concurrentIngest: 32 });
  });

  test.each([
    [{ listen: 'somewhere' }, 'serve.listen'],
    [{ tls: { cert: 'cert.pem', key: '/key.pem' } }, 'serve.tls.cert'],
    [{ state_folder: 'state' }, 'serve.state_folder'],
    [{ metrics: 'yes' }, 'serve.metrics'],
    [{ limits: { body_bytes: 0 } }, 'serve.limits.body_bytes'],
    [{ limits: { memory_bytes: 1_000_000 } }, 'serve.limits.memory_bytes'],
    [{ token: 'x' }, 'serve'],
  ])('is refused for %j', (serve, place) => {
    expect(refused(serve)).toEqual([place]);
  });
});
