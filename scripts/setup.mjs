#!/usr/bin/env node
// Makes a fresh clone runnable: installs what package-lock.json names when that has not been done, then compiles.
// Needs nothing but Node and npm.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

const lockHash = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
const installed = join('node_modules', '.stowaway-lock');
if (!existsSync(installed) || readFileSync(installed, 'utf8') !== lockHash) {
  console.error('setup: installing dependencies (the engine is a large download)');
  // Not `npm ci`: it refuses a lock file made where a registry had not every platform's engine. --no-save leaves the lock alone.
  execFileSync(npm, ['install', '--no-save', '--include=dev', '--no-audit', '--no-fund'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  writeFileSync(installed, lockHash);
}

const main = join('dist', 'cli', 'main.js');
if (!existsSync(main) || newest('src') > statSync(main).mtimeMs) {
  console.error('setup: compiling');
  rmSync('dist', { recursive: true, force: true });
  execFileSync(
    process.execPath,
    [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json'],
    { stdio: 'inherit' },
  );
  chmodSync(main, 0o755);
}

const page = join('dist', 'console', 'index.html');
if (!existsSync(page) || newest('console') > statSync(page).mtimeMs) {
  console.error('setup: building the console');
  const vite = join('node_modules', 'vite', 'bin', 'vite.js');
  execFileSync(process.execPath, [vite, 'build', 'console', '--logLevel', 'warn'], { stdio: 'inherit' });
}

// npx looks in node_modules/.bin, where npm does not put a package's own command.
const bin = join('node_modules', '.bin', 'stowaway');
if (!existsSync(bin)) {
  mkdirSync(dirname(bin), { recursive: true });
  symlinkSync(join('..', '..', main), bin);
}

function newest(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce(
      (latest, entry) => Math.max(latest, statSync(join(entry.parentPath ?? entry.path, entry.name)).mtimeMs),
      0,
    );
}
