import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KINDS, type KubernetesObject, type PatchStep } from '../objects.js';
import type { PolicyRule } from '../rbac.js';
import { applyJsonPatch } from './json-patch.js';
import { schemaErrors } from './schema.js';

/** NOT a Kubernetes API server: a stand-in of a page that knows the requests the applier makes, and records them. */
export interface FakeApiServer extends AsyncDisposable {
  url: string;
  requests: Recorded[];
  /** By API path. */
  objects: Map<string, KubernetesObject>;
  /** When set, a request no rule covers is answered 403. */
  rules: PolicyRule[] | undefined;
}

export interface Recorded {
  method: string;
  path: string;
  query: Record<string, string>;
  contentType: string;
  body: unknown;
}

interface Answer {
  status: number;
  body: unknown;
}

const refusal = (status: number, message: string): Answer => ({
  status,
  body: { kind: 'Status', code: status, message },
});

/** An API server leaves out what is empty. */
const asStored = (object: KubernetesObject): KubernetesObject =>
  JSON.parse(
    JSON.stringify(object, (_, value) => (Array.isArray(value) && value.length === 0 ? undefined : value)),
  );

const pathOf = ({ kind, apiVersion, metadata }: KubernetesObject): string => {
  const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  const place = metadata.namespace ? `/namespaces/${metadata.namespace}` : '';
  return `${root}${place}/${KINDS[kind as keyof typeof KINDS].plural}/${metadata.name}`;
};

export async function startFakeApiServer(objects: object[] = []): Promise<FakeApiServer> {
  const server = createServer((request, response) => {
    void answer(fake, request).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stored = (objects as KubernetesObject[]).map((each) => [pathOf(each), asStored(each)] as const);
  const fake: FakeApiServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    objects: new Map(stored),
    rules: undefined,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return fake;
}

async function answer(fake: FakeApiServer, request: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const url = new URL(request.url!, fake.url);
  const recorded: Recorded = {
    method: request.method!,
    path: decodeURIComponent(url.pathname),
    query: Object.fromEntries(url.searchParams),
    contentType: request.headers['content-type'] ?? '',
    body: text === '' ? undefined : JSON.parse(text),
  };
  fake.requests.push(recorded);
  return forbidden(fake, recorded) ?? serve(fake, recorded);
}

function serve({ objects }: FakeApiServer, { method, path, query, body }: Recorded): Answer {
  const keeps = query.dryRun !== 'All';
  if (method === 'POST') {
    const object = body as KubernetesObject;
    const errors = schemaErrors(object);
    if (errors.length > 0) return refusal(400, `strict decoding error: ${errors.join('; ')}`);
    const place = pathOf(object);
    if (place !== `${path}/${object.metadata.name}`)
      return refusal(400, 'the name or namespace is not that of the URL');
    if (objects.has(place)) return refusal(409, `${object.metadata.name} already exists`);
    const stored = asStored({
      ...object,
      metadata: { ...object.metadata, uid: `uid-of-${object.metadata.name}` },
    });
    if (keeps) objects.set(place, stored);
    return { status: 201, body: stored };
  }
  const items = [...objects].filter(([place]) => place.startsWith(`${path}/`)).map(([, object]) => object);
  if (method === 'GET' && items.length > 0) return { status: 200, body: { items } };
  const present = objects.get(path);
  if (!present) return refusal(404, `${path} not found`);
  if (method === 'GET') return { status: 200, body: present };
  if (method === 'DELETE') {
    const wanted = (body as { preconditions?: { uid?: string } } | undefined)?.preconditions?.uid;
    if (wanted !== present.metadata.uid)
      return refusal(409, `Precondition failed: UID in precondition: ${wanted}`);
    if (keeps) objects.delete(path);
    return { status: 200, body: { kind: 'Status', status: 'Success' } };
  }
  return patched(objects, path, present, { steps: body as PatchStep[], keeps });
}

function patched(
  objects: FakeApiServer['objects'],
  path: string,
  present: KubernetesObject,
  { steps, keeps }: { steps: PatchStep[]; keeps: boolean },
): Answer {
  try {
    const next = asStored(applyJsonPatch(present, steps));
    const errors = schemaErrors(next);
    if (errors.length > 0) return refusal(400, errors.join('; '));
    if (keeps) objects.set(path, next);
    return { status: 200, body: next };
  } catch (error) {
    return refusal(422, (error as Error).message);
  }
}

const VERBS: Record<string, string> = { GET: 'get', POST: 'create', PATCH: 'patch', DELETE: 'delete' };

/** RBAC as documented: a rule without names covers all; `create` has no name to compare. Changing a binding also asks for `bind`. */
function forbidden({ rules, objects }: FakeApiServer, { method, path }: Recorded): Answer | undefined {
  if (!rules) return undefined;
  const match = /^\/apis?\/(?:([a-z0-9.]+)\/)?v\d\/(?:namespaces\/[^/]+\/)?([a-z]+)(?:\/([^/]+))?$/.exec(
    path,
  );
  const [, group = '', resource = '', name] = match ?? [];
  const may = (verb: string, asked: { group: string; resource: string; name?: string | undefined }) =>
    rules.some(
      (rule) =>
        rule.apiGroups.includes(asked.group) &&
        rule.resources.includes(asked.resource) &&
        rule.verbs.includes(verb) &&
        (!rule.resourceNames || (asked.name !== undefined && rule.resourceNames.includes(asked.name))),
    );
  const verb = VERBS[method]!;
  if (!may(verb, { group, resource, name })) return refusal(403, `may not ${verb} ${resource} ${name ?? ''}`);
  const roleRef = objects.get(path)?.roleRef as { kind: string; name: string } | undefined;
  if (method !== 'PATCH' || !roleRef) return undefined;
  const role = roleRef.kind === 'Role' ? 'roles' : 'clusterroles';
  return may('bind', { group, resource: role, name: roleRef.name })
    ? undefined
    : refusal(403, `may not bind ${roleRef.name}`);
}
