import { statSync } from 'node:fs';
import type { Journal, Segment } from '../src/model/live.js';

/** A journal whose segments are files that lie ready: for what loads them, not for what writes them. */
export class WaitingFiles implements Journal {
  #waiting: Segment[] = [];

  offer(path: string, input = path): void {
    const arrived = new Date().toISOString();
    this.#waiting.push({ path, input, source: null, bytes: statSync(path).size, arrived });
  }

  async append(): Promise<void> {
    throw new TypeError('give it files');
  }

  async take(): Promise<Segment[]> {
    return [...this.#waiting];
  }

  async remove({ path }: Segment): Promise<void> {
    this.#waiting = this.#waiting.filter((segment) => segment.path !== path);
  }

  status() {
    return { segments: this.#waiting.length, bytes: 0, maxBytes: 0, refused: 0 };
  }
}
