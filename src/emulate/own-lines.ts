import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Commands and files are seen on the whole machine, whatever engine a container belongs to. */
export const isActivity = (name: string): boolean => name === 'process.ndjson' || name === 'file.ndjson';

/** Keeps the lines about containers of the lab itself: what else goes on on this machine is none of its business. */
export async function ownLines(logs: string): Promise<(text: string) => string> {
  const inventory = await readFile(join(logs, 'inspect.ndjson'), 'utf8').catch(() => '');
  const own = new Set([...inventory.matchAll(/^\{"Id":"([0-9a-f]{64})"/gm)].map((match) => match[1]));
  const isOwn = (line: string): boolean => {
    const container = /"container":"([0-9a-f]{12,64})"/.exec(line)?.[1];
    return container === undefined || own.has(container);
  };
  return (text) => text.split('\n').filter(isOwn).join('\n');
}
