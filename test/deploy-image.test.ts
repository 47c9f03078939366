import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCatalogue } from '../src/server/catalogue.js';
import { read } from './deploy-tools.js';
import { root } from './recorded.js';

/** The image, made by the steps of its Dockerfile out of what .dockerignore admits, but without a container and with the modules that are here. */

const lines = read('Dockerfile')
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter((line) => /^[A-Z]/.test(line));
const ignored = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n');
const given = ignored.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
const left = ignored
  .filter((line) => /^[^!#]/.test(line) && line !== '*')
  .map(
    (glob) =>
      new RegExp(
        `^${glob
          .replaceAll('.', '\\.')
          .replace('**/', '(.*/)?')
          .replace(/\*(?!\/\))/g, '[^/]*')}(/|$)`,
      ),
  );

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stowaway-image-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The instructions of a stage, by its name; the last one has none. */
function stageOf(name: string | null): string[] {
  const from = lines.findIndex(
    (line) => line.startsWith('FROM') && (/ AS (\w+)$/.exec(line)?.[1] ?? null) === name,
  );
  const next = lines.findIndex((line, index) => index > from && line.startsWith('FROM'));
  return lines.slice(from + 1, next === -1 ? undefined : next);
}

/** What docker is handed: the folder that `COPY` copies from. */
function context(): string {
  const made = join(folder, 'context');
  for (const path of given)
    cpSync(join(root, path), join(made, path), {
      recursive: true,
      filter: (from) => !left.some((pattern) => pattern.test(relative(root, from))),
    });
  return made;
}

function copy(line: string, from: string, to: string): void {
  const paths = line.replace(/--\S+/, '').trim().split(/\s+/).slice(1);
  const target = paths.at(-1)!;
  for (const path of paths.slice(0, -1))
    cpSync(join(from, path), join(to, target.endsWith('/') ? join(target, path) : target), {
      recursive: true,
    });
}

/** Both stages in which something is made; modules are linked instead of installed. */
function build(): string {
  const [from, compiled, image] = [context(), join(folder, 'compiled'), join(folder, 'image')];
  for (const made of [compiled, image]) {
    mkdirSync(made);
    symlinkSync(join(root, 'node_modules'), join(made, 'node_modules'));
  }
  for (const line of stageOf('compiled')) {
    if (line.startsWith('COPY')) copy(line, from, compiled);
    else if (/^RUN (?!npm install)/.test(line))
      execFileSync('sh', ['-c', line.slice(4)], { cwd: compiled, stdio: ['ignore', 'ignore', 'inherit'] });
  }
  for (const line of stageOf(null)) {
    if (line.startsWith('COPY --from=compiled'))
      cpSync(join(compiled, 'dist'), join(image, 'dist'), { recursive: true });
    else if (/^COPY (?!--from)/.test(line)) copy(line, from, image);
    // Of what it runs: what it removes. The rest is of the container's own folders.
    else if (line.startsWith('RUN rm'))
      execFileSync('sh', ['-c', line.slice(4).split('&&')[0]!], { cwd: image });
  }
  return image;
}

interface Local {
  url: string;
  token: string;
}

/** Runs it as the container does until it is healthy, asks, and ends it in order. */
async function serving(image: string, words: string[], ask: (local: Local) => Promise<void>): Promise<void> {
  const state = mkdtempSync(join(folder, 'state-'));
  const env = { PATH: process.env.PATH, STOWAWAY_SERVE_STATE: state, STOWAWAY_LISTEN: '127.0.0.1:0' };
  const health = () => spawnSync(process.execPath, [join(image, 'deploy', 'healthy.mjs')], { env }).status;
  expect(health()).not.toBe(0);
  const program = join(image, 'dist', 'cli', 'main.js');
  const server = spawn(process.execPath, [program, ...words], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  server.stderr.on('data', (piece) => {
    said += piece;
  });
  const ended = new Promise<number | null>((resolve) => server.on('close', resolve));
  try {
    for (let tries = 0; health() !== 0 && server.exitCode === null && tries < 120; tries += 1)
      await sleep(500);
    expect(health(), said).toBe(0);
    await ask(JSON.parse(readFileSync(join(state, 'local.json'), 'utf8')) as Local);
  } finally {
    server.kill('SIGTERM');
  }
  expect(await ended, said).toBe(0);
  expect(health()).toBe(1);
}

describe('the image', () => {
  test('is given what is there, and nothing that is nobody’s business', () => {
    expect(ignored.find((line) => line !== '' && !line.startsWith('#'))).toBe('*');
    for (const path of given) expect(existsSync(join(root, path)), path).toBe(true);
    const copied = lines
      .filter((line) => /^COPY (?!--from)/.test(line))
      .flatMap((line) => line.split(/\s+/).slice(1, -1));
    for (const path of copied) expect(['.', ...given]).toContain(path);
  });

  test('writes its state and the ledger of responses into its volume', () => {
    const places = lines.find((line) => line.startsWith('ENV'))!.match(/(?<=STATE=)\S+/g)!;
    const [volume] = JSON.parse(lines.find((line) => line.startsWith('VOLUME'))!.slice(7)) as string[];
    expect(places).toHaveLength(2);
    for (const place of places) expect(`${place}/`).toMatch(new RegExp(`^${volume}/`));
  });

  test('is made for an account that is not root, with a check of its health', () => {
    expect(lines.filter((line) => line.startsWith('USER'))).toEqual(['USER 1000:1000']);
    expect(lines.findLast((line) => line.startsWith('ARG BASE'))).toMatch(/^ARG BASE=node:\d+-\w+-slim$/);
    expect(lines.filter((line) => /^(?:HEALTHCHECK|VOLUME|ENTRYPOINT)/.test(line))).toHaveLength(3);
  });

  describe('as its Dockerfile builds it', () => {
    let image: string;
    beforeAll(() => {
      image = build();
    });

    test('holds what was made, and not what it was made of', () => {
      expect(readdirSync(join(image, 'dist', 'console'))).toContain('index.html');
      for (const path of ['src', 'console', 'tsconfig.json', 'package-lock.json'])
        expect(existsSync(join(image, path)), path).toBe(false);
    });

    test('has all that serve needs, the console too, and tells when it is ready', async () => {
      const words = JSON.parse(lines.findLast((line) => line.startsWith('CMD'))!.slice(4)) as string[];
      await serving(image, words, async ({ url, token }) => {
        const page = await fetch(`${url}/console/`);
        expect(page.status).toBe(200);
        expect(await page.text()).toContain('<script type="module"');
        const known = await fetch(`${url}/api/v1/validation`, {
          headers: { authorization: `Bearer ${token}` },
        });
        expect(await known.json(), 'what is said of scenarios').toEqual((await readCatalogue([])).validation);
      });
    });

    test('has all that the demo needs', async () => {
      await serving(image, ['serve', '--demo'], async ({ url }) => {
        expect((await fetch(`${url}/console/`)).status).toBe(200);
      });
    });
  });
});
