import { OpenAPIHono, z } from '@hono/zod-openapi';
import { packageVersion } from '../model/paths.js';
import { toKeptOcsf } from '../output/ocsf.js';
import { addAdminApi } from './admin-api.js';
import { addAllowances } from './allowances-api.js';
import type { Authenticate } from './authenticate.js';
import { addCatalogue } from './catalogue-api.js';
import type { Env, Parts } from './context.js';
import { addCoverage } from './coverage-api.js';
import { API, buildDefine, type Define } from './endpoint.js';
import { addInvestigations } from './evidence-api.js';
import { addExplorations } from './explore-api.js';
import { buildFromStore } from './from-store.js';
import { describeIngest } from './ingest-paths.js';
import { addNotifications } from './notifications-api.js';
import { Refusal } from './refusal.js';
import { addResponses } from './responses-api.js';
import { ROLES } from './roles.js';
import {
  findingChange,
  findingEvent,
  findingFilter,
  findingPage,
  findingWhole,
  kept,
  source,
  status,
  strategy,
  whoami,
} from './schemas.js';
import { input, inputOf } from './schemas-inputs.js';
import { addSessions } from './session-api.js';
import type { LiveStream } from './stream.js';
import { addTestAttacks } from './test-attacks-api.js';
import { addTuning } from './tuning-api.js';
import { withoutUndefined } from './without-undefined.js';

interface Api {
  parts: Parts;
  authenticate: Authenticate;
  stream: LiveStream;
}

/** The API that the console, the command line and other programs use. */
export function addApi(app: OpenAPIHono<Env>, { parts, authenticate, stream }: Api): void {
  const define = buildDefine(app, parts, authenticate);
  addInvestigations(define, parts, buildFromStore(parts));
  addResponses(define, parts, buildFromStore(parts));
  addExplorations(define, parts, buildFromStore(parts));
  addFindings(define, parts);
  addChanges(define, parts);
  addAllowances(define, parts, buildFromStore(parts));
  addTuning(define, parts, buildFromStore(parts));
  addState(define, parts);
  addNotifications(define, parts, buildFromStore(parts));
  define({
    method: 'get',
    path: '/stream',
    summary:
      'Changes as they happen, as server-sent events: `hello`, `finding`, `response`, `status`, `reset`, `dropped`',
    permission: 'read',
    gives: z.string().describe('Come back with Last-Event-ID.'),
    media: 'text/event-stream',
    run: async ({ token, c }) => stream.follow(token, c.req.header('last-event-id')),
  });
  addCatalogue(define, parts);
  addCoverage(define, parts);
  addTestAttacks(define, parts);
  addSessions(define, parts);
  addAdminApi(define, parts);
  describeIngest(app);
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' });
  app.get(`${API}/openapi.json`, (c) => c.json(openApiOf(app)));
}

const openApiOf = (app: OpenAPIHono<Env>) =>
  app.getOpenAPI31Document({ openapi: '3.1.0', info: { title: 'Stowaway', version: '1' } });

/** The document without a server: declaring endpoints asks nothing of what they work with. */
export function openApiDocument(): ReturnType<typeof openApiOf> {
  const app = new OpenAPIHono<Env>();
  addApi(app, { parts: {} as Parts, authenticate: undefined as never, stream: undefined as never });
  return openApiOf(app);
}

const none = (uid: string): Refusal => new Refusal(404, `no finding ${uid}`);
function addFindings(define: Define, parts: Parts): void {
  const { findings } = parts;
  const fromStore = buildFromStore(parts);
  const find = async (uid: string) => {
    const found = await fromStore(findings.get(uid));
    if (!found) throw none(uid);
    return found;
  };

  define({
    method: 'get',
    path: '/findings',
    summary: 'Findings, page by page',
    permission: 'read',
    query: findingFilter,
    gives: findingPage,
    run: ({ query }) => fromStore(findings.list(withoutUndefined(query))),
  });
  define({
    method: 'get',
    path: '/findings/{uid}',
    summary: 'One finding, with what is behind it and what became of it',
    permission: 'read',
    gives: findingWhole,
    run: ({ name }) => find(name),
  });
  define({
    method: 'get',
    path: '/findings/{uid}/ocsf',
    summary: 'One finding as an OCSF Detection Finding (class 2004)',
    permission: 'read',
    gives: z.looseObject({ class_uid: z.literal(2004) }).openapi('OcsfDetectionFinding'),
    run: async ({ name }) => toKeptOcsf(await find(name), await packageVersion()),
  });
  define({
    method: 'get',
    path: '/findings/{uid}/events',
    summary: 'What happened to a finding: who, when, why',
    permission: 'read',
    gives: z.array(findingEvent),
    run: async ({ name }) => (await find(name)).events,
  });
}

function addChanges(define: Define, parts: Parts): void {
  const { findings, audit } = parts;
  const fromStore = buildFromStore(parts);
  define({
    method: 'post',
    path: '/findings/{uid}/changes',
    summary: 'Gives a verdict, writes a note, assigns, closes or reopens',
    permission: 'triage',
    body: findingChange,
    gives: kept,
    async run({ name, body, token, from }) {
      if (!(await fromStore(findings.get(name)))) throw none(name);
      const { what, ...detail } = body;
      await audit.append({
        who: token.holder,
        token: token.id,
        what: `finding.${what}`,
        target: name,
        detail,
        from,
      });
      const changed = await fromStore(findings.change(name, body, token.holder));
      if (!changed) throw none(name);
      return changed;
    },
  });
}

function addState(define: Define, parts: Parts): void {
  const permission = 'read';
  const states: [path: string, summary: string, gives: z.ZodType, read: () => unknown][] = [
    [
      '/status',
      'How it goes',
      status,
      () => ({
        ...parts.status(),
        journal: parts.journal.status(),
        is_demo: parts.isDemo ?? false,
      }),
    ],
    ['/strategies', 'State of each strategy', z.array(strategy), () => parts.status().strategies],
    ['/sources', 'State of each source', z.array(source), () => parts.status().sources],
    ['/inputs', 'State of each input', z.array(input), () => (parts.inputs?.() ?? []).map(inputOf)],
  ];
  for (const [path, summary, gives, read] of states)
    define({ method: 'get', path, summary, permission, gives, run: async () => read() });
  define({
    method: 'get',
    path: '/me',
    summary: 'Whose token this is, and what it may do',
    permission,
    gives: whoami,
    run: async ({ token }) => ({ token, permissions: ROLES[token.role] }),
  });
}
