import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Readable, Writable } from 'node:stream';

/** One call of the API. */
export interface Asked {
  /** What was sent: an image, files. */
  body: Readable;
  /** What was sent, as JSON. */
  json<T>(): Promise<T>;
  query: URLSearchParams;
  /** What stands for the stars of the route. */
  words: string[];
  /** Begins an answer that goes on; who opens it ends it. */
  open(type: string): Writable;
}

/** Its value is answered as JSON, nothing as "no content", unless the answer was opened. */
export type Answer = (asked: Asked) => unknown;

/** An answer that is not a success. */
export class Refusal extends Error {
  override name = 'Refusal';
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** The other end of `Engine`: calls of the API, answered on a socket by somebody who is no engine. */
export class EngineServer {
  readonly #server: Server;

  /**
   * @param routes such as ['GET', '/networks', answer]; a star stands for a word; the first that matches answers
   * @param otherwise said of every other call
   */
  constructor(
    readonly routes: readonly (readonly [method: string, path: string, answer: Answer])[],
    readonly otherwise: string,
  ) {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  async listen(socket: string): Promise<void> {
    await rm(socket, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(socket, resolve);
    });
  }

  /** Breaks off what is being answered. It may listen again. */
  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const end = (status: number, value: unknown) => {
      if (response.headersSent) return;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(value === undefined ? undefined : JSON.stringify(value));
    };
    try {
      const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://engine');
      const [words, answer] = this.#match(request.method ?? 'GET', pathname.replace(/^\/v[\d.]+/, ''));
      const open = (type: string) => {
        response.writeHead(200, { 'content-type': type });
        response.flushHeaders();
        return response;
      };
      const value = await answer({ body: request, json: () => readJson(request), query, words, open });
      end(value === undefined ? 204 : 200, value);
    } catch (error) {
      end(error instanceof Refusal ? error.status : 500, { message: (error as Error).message });
      if (!response.writableEnded) response.destroy();
    }
  }

  #match(method: string, path: string): [string[], Answer] {
    for (const [verb, route, answer] of this.routes) {
      const words = new RegExp(`^${route.replaceAll('*', '([^/]+)')}$`).exec(path)?.slice(1);
      if (verb === method && words) return [words.map(decodeURIComponent), answer];
    }
    throw new Refusal(501, this.otherwise);
  }
}

async function readJson<T>(request: IncomingMessage): Promise<T> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return JSON.parse(Buffer.concat(parts).toString('utf8')) as T;
}
