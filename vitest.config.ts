import { defineConfig } from 'vitest/config';

/** `npm test -- --project console` runs one part. What is in none of the others hunts, reads logs or asks the command line. */
const PARTS = {
  unit: ['src/**/*.test.ts'],
  // A real browser.
  console: ['test/console*.test.ts', 'test/respond-console.test.ts', 'test/test-attacks.test.ts'],
  // Containers, networks and sensors of their own, and what is installed from deploy/.
  lab: ['test/{lab,respond,sense,whole-story,without-engine}.test.ts', 'test/deploy*.test.ts'],
  // Servers: ours while it serves, ClickHouse, brokers.
  serve: ['test/{live,cluster,store,kafka}*.test.ts', 'test/*-cli.test.ts'],
};
const logs = { include: ['test/**/*.test.ts'], exclude: Object.values(PARTS).flat() };

// The embedded engine allows one data directory per process: each test file runs in a process of its own.
export default defineConfig({
  test: {
    projects: [
      ...Object.entries(PARTS).map(([name, include]) => ({
        extends: true as const,
        test: { name, include },
      })),
      { extends: true as const, test: { name: 'logs', ...logs } },
    ],
    pool: 'forks',
    maxWorkers: 2,
    // For what hangs, not for what is slow: machines are shared.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 60_000 } },
    // .ci/run lists what passed only when it was repeated.
    retry: process.env.CI === 'true' ? 1 : 0,
  },
});
