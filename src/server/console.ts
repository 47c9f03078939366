import { readdir, readFile } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Hono } from 'hono';
import type { Env, Request } from './context.js';

/** Where the console lies; every path below it that is no file is the page, which reads its own address. */
export const CONSOLE = '/console';

interface Served {
  plain: Buffer<ArrayBuffer>;
  packed: Buffer<ArrayBuffer>;
  headers: Record<string, string>;
}

/** The console's files by path below its folder; empty where it was not built. */
export type ConsoleFiles = Map<string, Served>;

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/**
 * Nothing but our own files, nothing inline, and no text becomes markup: a browser refuses `innerHTML` itself.
 */
const POLICY = [
  "default-src 'none'",
  ...["script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'"],
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
  ...["require-trusted-types-for 'script'", "trusted-types 'none'"],
].join('; ');

const PAGE = 'index.html';

/** All of it in memory: it is small, and no path of a request reaches the disk. */
export async function readConsole(folder: string): Promise<ConsoleFiles> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files: ConsoleFiles = new Map();
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name)
      .slice(folder.length + 1)
      .split(sep)
      .join('/');
    const type = TYPES[extname(path)];
    if (type === undefined) continue;
    const plain = Buffer.from(await readFile(join(folder, path)));
    const isPage = path === PAGE;
    files.set(path, {
      plain,
      packed: Buffer.from(gzipSync(plain, { level: 9 })),
      headers: {
        'content-type': type,
        // Names of assets hold a hash of what is in them.
        'cache-control': isPage ? 'no-cache' : 'public, max-age=31536000, immutable',
        vary: 'accept-encoding',
        ...(isPage && { 'content-security-policy': POLICY, 'cross-origin-opener-policy': 'same-origin' }),
      },
    });
  }
  return files;
}

const NOT_BUILT = 'The console was not built: npm run build\n';

export function addConsole(app: Hono<Env>, files: ConsoleFiles): void {
  const give = (c: Request): Response => {
    const path = c.req.path.slice(CONSOLE.length + 1);
    const file = files.get(path) ?? (path.startsWith('assets/') ? undefined : files.get(PAGE));
    if (!file) return c.text(files.has(PAGE) ? 'no such file\n' : NOT_BUILT, 404);
    const isPacked = (c.req.header('accept-encoding') ?? '').includes('gzip');
    return new Response(isPacked ? file.packed : file.plain, {
      headers: { ...file.headers, ...(isPacked && { 'content-encoding': 'gzip' }) },
    });
  };
  app.get(CONSOLE, (c) => c.redirect(`${CONSOLE}/`));
  app.get(`${CONSOLE}/*`, give);
}

/** Browsers ask for pages; shippers do not. */
export const wantsPage = (c: Request): boolean => (c.req.header('accept') ?? '').includes('text/html');
