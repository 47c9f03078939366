import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Arrived {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: string;
  /** Never answers. */
  hangs?: true;
}

/** An HTTP server on loopback that keeps what it gets and answers as it is told. */
export class HttpReceiver implements AsyncDisposable {
  readonly arrived: Arrived[] = [];
  answer: (arrived: Arrived) => Answer = () => ({});

  private constructor(readonly server: Server) {}

  static async open(): Promise<HttpReceiver> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const arrived = {
          path: request.url ?? '',
          headers: request.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        };
        receiver.arrived.push(arrived);
        const { status = 200, headers = {}, body = '', hangs } = receiver.answer(arrived);
        if (!hangs) response.writeHead(status, headers).end(body);
      });
    });
    const receiver = new HttpReceiver(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  // biome-ignore lint/suspicious/noExplicitAny: payloads of other people's making
  get last(): any {
    return JSON.parse(this.arrived.at(-1)!.body);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
