import { X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';

/** A server that a command asks, as it stands in the file that a running one leaves for commands of the same account. */
export interface KnownServer {
  url: string;
  token: string;
  /** The certificate it shows, PEM: whatever names it has and whoever signed it, this one is asked and no other. Without it, as anywhere else. */
  certificate?: string | undefined;
}

interface Question {
  method?: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string;
  signal?: AbortSignal;
}

/** As `fetch` does, with its token. */
export function requestTo(server: KnownServer, path: string, question: Question = {}): Promise<Response> {
  const { method = 'GET', body, signal } = question;
  const headers = { ...question.headers, authorization: `Bearer ${server.token}` };
  const url = `${server.url}${path}`;
  if (server.certificate === undefined)
    return fetch(url, { method, headers, ...(body !== undefined && { body }), ...(signal && { signal }) });
  return new Promise((resolve, reject) => {
    const options = { method, headers, ...(signal && { signal }), ...onlyShowing(server.certificate!) };
    const asked = request(url, options, (answer) => {
      const { statusCode: status = 500, statusMessage: statusText = '' } = answer;
      // A status that has no body takes none.
      const stream = status === 204 || status === 304 ? null : Readable.toWeb(answer);
      resolve(new Response(stream as ReadableStream<Uint8Array> | null, { status, statusText }));
    });
    asked.once('error', reject);
    asked.end(body);
  });
}

/** It is trusted by itself, without whoever signed it; what else is signed by those is another server. */
function onlyShowing(certificate: string) {
  const known = new X509Certificate(certificate);
  return {
    ca: certificate,
    allowPartialTrustChain: true,
    checkServerIdentity: (_host: string, { raw }: { raw: Buffer }): Error | undefined =>
      raw.equals(known.raw)
        ? undefined
        : new Error('it shows another certificate than the server that runs here'),
  };
}
