import { createReadStream, existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { Readable } from 'node:stream';

/** An answer of the engine that is not a success. */
export class EngineError extends Error {
  override name = 'EngineError';
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

export interface ExecOptions {
  /** NAME=value, beside the container's own. */
  env?: string[];
  user?: string;
  /** Give up waiting after this long; the process goes on. */
  timeoutMs?: number;
}

export interface ExecResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Where engines listen. */
export const ENGINE_SOCKETS = ['/var/run/docker.sock', '/run/podman/podman.sock'] as const;

/** The first of them that is there; the first of all when none is. */
export const findEngineSocket = (): string =>
  ENGINE_SOCKETS.find((path) => existsSync(path)) ?? ENGINE_SOCKETS[0];

/** Docker's API 1.41: Docker 20.10 and later, Podman 4 and later through its compatible service. */
const API = '/v1.41';

/**
 * The Docker-compatible API of an engine, over its socket. Nothing else in Stowaway opens that socket.
 * Why no library: docs/decisions/0011-own-engine-client.md.
 */
export class Engine {
  constructor(readonly socketPath: string) {}

  get<T>(path: string): Promise<T> {
    return this.#json<T>('GET', path);
  }

  post<T>(path: string, body?: unknown): Promise<T> {
    return this.#json<T>('POST', path, body);
  }

  delete(path: string): Promise<void> {
    return this.#json('DELETE', path);
  }

  /** The engine's name and version, or an EngineError that says why there is none. */
  async version(): Promise<{ engine: 'docker' | 'podman'; version: string }> {
    const answer = await this.get<{ Version: string; Components?: { Name: string }[] }>('/version');
    const isPodman = answer.Components?.some((component) => component.Name.startsWith('Podman')) ?? false;
    return { engine: isPodman ? 'podman' : 'docker', version: answer.Version };
  }

  /** The body as it comes: events, an image, a file. Ends when the engine ends it or `signal` aborts. */
  async stream(path: string, signal?: AbortSignal): Promise<IncomingMessage> {
    const answer = await this.#send('GET', path, undefined, signal);
    if ((answer.statusCode ?? 500) >= 400) throw await failure(answer, path);
    return answer;
  }

  /** Sends a tar file: an image for /images/create, files for /containers/…/archive. */
  async uploadFile(method: 'POST' | 'PUT', path: string, file: string): Promise<string> {
    const { size } = await stat(file);
    const body = { type: 'application/x-tar', length: size, stream: createReadStream(file) };
    const answer = await this.#send(method, path, body);
    if ((answer.statusCode ?? 500) >= 400) throw await failure(answer, path);
    return (await readAll(answer)).toString('utf8');
  }

  /** Runs a command in a container to its end. */
  async exec(container: string, argv: string[], options: ExecOptions = {}): Promise<ExecResult> {
    const { Id } = await this.post<{ Id: string }>(`/containers/${encodeURIComponent(container)}/exec`, {
      Cmd: argv,
      AttachStdout: true,
      AttachStderr: true,
      ...(options.env && { Env: options.env }),
      ...(options.user && { User: options.user }),
    });
    const signal = options.timeoutMs === undefined ? undefined : AbortSignal.timeout(options.timeoutMs);
    const start = { Detach: false, Tty: false };
    const answer = await this.#send('POST', `/exec/${Id}/start`, jsonBody(start), signal);
    if ((answer.statusCode ?? 500) >= 400) throw await failure(answer, `/exec/${Id}/start`);
    const { stdout, stderr } = splitStreams(await readAll(answer));
    const { ExitCode } = await this.get<{ ExitCode: number | null }>(`/exec/${Id}/json`);
    return { exitCode: ExitCode ?? -1, stdout, stderr };
  }

  async #json<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.#send(method, path, body === undefined ? undefined : jsonBody(body));
    if ((answer.statusCode ?? 500) >= 400) throw await failure(answer, path);
    const text = (await readAll(answer)).toString('utf8');
    // Podman answers a plain OK to some calls that Docker answers with nothing.
    return (/^(OK)?$/.test(text.trim()) ? undefined : JSON.parse(text)) as T;
  }

  #send(method: string, path: string, body?: Body, signal?: AbortSignal): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const headers = body ? { 'content-type': body.type, 'content-length': body.length } : {};
      const sent = request(
        {
          socketPath: this.socketPath,
          path: `${API}${path}`,
          method,
          headers: { host: 'localhost', ...headers },
          agent: false,
          ...(signal && { signal }),
        },
        resolve,
      );
      sent.on('error', (error: NodeJS.ErrnoException) => reject(unreachable(error, this.socketPath)));
      if (body) body.stream.on('error', (error) => sent.destroy(error)).pipe(sent);
      else sent.end();
    });
  }
}

function unreachable(error: NodeJS.ErrnoException, socketPath: string): Error {
  if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED')
    return new EngineError(`no engine listens on ${socketPath}`, 0);
  return error.code === 'EACCES'
    ? new EngineError(`this account may not use the engine’s socket ${socketPath}`, 0)
    : error;
}

interface Body {
  type: string;
  /** Bytes. */
  length: number;
  stream: Readable;
}

function jsonBody(value: unknown): Body {
  const bytes = Buffer.from(JSON.stringify(value));
  return { type: 'application/json', length: bytes.length, stream: Readable.from([bytes]) };
}

async function failure(answer: IncomingMessage, path: string): Promise<EngineError> {
  const text = (await readAll(answer)).toString('utf8');
  let message = text.trim();
  try {
    message = (JSON.parse(text) as { message?: string }).message ?? message;
  } catch {
    // Not every proxy in front of an engine answers JSON.
  }
  return new EngineError(`${path.split('?')[0]}: ${message}`, answer.statusCode ?? 500);
}

async function readAll(answer: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part);
  return Buffer.concat(parts);
}

/** Undoes the engine's framing of attached streams: one byte stream (1 stdout, 2 stderr), three zeros, four bytes length, then the data. */
export function splitStreams(bytes: Buffer): { stdout: string; stderr: string } {
  const parts: { 1: Buffer[]; 2: Buffer[] } = { 1: [], 2: [] };
  for (let at = 0; at + 8 <= bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at + 4);
    parts[bytes[at] === 2 ? 2 : 1].push(bytes.subarray(at + 8, end));
    at = end;
  }
  return {
    stdout: Buffer.concat(parts[1]).toString('utf8'),
    stderr: Buffer.concat(parts[2]).toString('utf8'),
  };
}

/** The same framing, of one piece of output. */
export function framed(stream: 1 | 2, bytes: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head[0] = stream;
  head.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([head, bytes]);
}
