import { defineConfig } from 'vitest/config';

// The embedded engine allows one data directory per process: each test file runs in a process of its own.
export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // For what hangs, not for what is slow: machines are shared.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
