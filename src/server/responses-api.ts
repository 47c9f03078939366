import { summarize } from '../respond/describe.js';
import { type RespondFinding, respondFinding } from '../respond/finding.js';
import { planViewOf } from '../respond/plan-view.js';
import type { Responder } from '../respond/responder.js';
import type { Response } from '../respond/responses.js';
import type { Parts } from './context.js';
import type { Asked, Define } from './endpoint.js';
import type { FromStore } from './from-store.js';
import { Refusal } from './refusal.js';
import { asRefusal } from './refused-response.js';
import {
  actionOptions,
  newApplication,
  newApproval,
  newPlan,
  newRevert,
  responseFilter,
  responseList,
  responseWhole,
} from './schemas-responses.js';

const DEFAULT_PAGE = 100;
/** More findings than this tell nothing more of a segment. */
const MOST_SUSPECTS = 1000;
const REFUSED = 'It is refused for safety; `reasons` has each reason.';
const AGAIN_SECONDS = 5;

/** What is to be done, by whom, under which name it is written down. */
type Deed = Pick<Asked<unknown, unknown>, 'token' | 'from'> & {
  what: string;
  target: string;
  detail: Record<string, unknown>;
};

/** Plans and responses of this host, whoever made them. Nothing is done under a plan but what was approved by its hash. */
export function addResponses(define: Define, parts: Parts, fromStore: FromStore): void {
  const { responder, now } = parts;
  const whole = async (response: Response) => ({
    mode: responder.mode,
    response: summarize(response, now(), await responder.isInForce(response)),
    plan: planViewOf(response.plan),
  });
  define({
    method: 'get',
    path: '/responses',
    summary: 'Plans and responses of this host, the command line’s too; the latest first',
    permission: 'read',
    query: responseFilter,
    gives: responseList,
    run: ({ query }) =>
      asRefusal(async () => {
        const matching = (await responder.all())
          .filter(({ plan }) => !query.finding || plan.request.finding.uid === query.finding)
          .reverse();
        const page = matching.slice(0, query.limit ?? DEFAULT_PAGE);
        const responses = page.map(async (each) => summarize(each, now(), await responder.isInForce(each)));
        return { mode: responder.mode, responses: await Promise.all(responses), total: matching.length };
      }),
  });
  define({
    method: 'get',
    path: '/responses/{hash}',
    summary: 'One response: the plan with every change, and what became of it',
    permission: 'read',
    gives: responseWhole,
    run: ({ name }) => asRefusal(async () => whole(await found(responder, name))),
  });
  addPlans(define, parts, { fromStore, whole });
  addDeeds(define, parts, whole);
}

type Whole = (response: Response) => Promise<unknown>;

function addPlans(
  define: Define,
  parts: Parts,
  { fromStore, whole }: { fromStore: FromStore; whole: Whole },
): void {
  const { findings, responder } = parts;
  const findingOf = async (uid: string): Promise<RespondFinding> => {
    const found = await fromStore(findings.get(uid));
    if (!found) throw new Refusal(404, `no finding ${uid}`);
    return respondFinding(found.kept.finding);
  };
  define({
    method: 'get',
    path: '/findings/{uid}/actions',
    summary:
      'What can be done about a finding, what each action costs, and why it is refused; changes nothing',
    permission: 'triage',
    gives: actionOptions,
    conflict: REFUSED,
    run: ({ name }) => asRefusal(async () => responder.options(await findingOf(name))),
  });
  define({
    method: 'post',
    path: '/findings/{uid}/responses',
    summary: 'Makes a plan from a new look at the engine; changes nothing else',
    permission: 'triage',
    body: newPlan,
    gives: responseWhole,
    status: 201,
    conflict: REFUSED,
    run: ({ name, body, token, from }) =>
      done(parts, { token, from, what: 'response.plan', target: name, detail: { ...body } }, async () => {
        const finding = await findingOf(name);
        const open = await fromStore(findings.list({ state: 'open', limit: MOST_SUSPECTS }));
        const hash = await responder.plan(
          finding,
          open.findings.map(({ finding }) => respondFinding(finding)),
          {
            action: body.action ?? null,
            network: body.network ?? null,
            expiresSeconds: body.expires_seconds ?? null,
            commitImage: body.commit_image ?? false,
          },
        );
        return whole(await responder.find(hash));
      }),
  });
}

function addDeeds(define: Define, parts: Parts, whole: Whole): void {
  const { responder } = parts;
  const permission = 'respond';
  const gives = responseWhole;
  const conflict = REFUSED;
  const reread = async (hash: string) => whole(await responder.find(hash));
  define({
    method: 'post',
    path: '/responses/{hash}/approve',
    summary: 'Approves exactly this plan, in the name of the token’s holder',
    permission,
    body: newApproval,
    ...{ gives, conflict },
    run: ({ name, body: { why, segment }, token, from }) =>
      done(
        parts,
        { token, from, what: 'response.approve', target: name, detail: { why, ...(segment && { segment }) } },
        async () => {
          await found(responder, name);
          await responder.approve(name, { by: token.holder, reason: why, segment: segment ?? null });
          return reread(name);
        },
      ),
  });
  define({
    method: 'post',
    path: '/responses/{hash}/apply',
    summary: 'Carries out an approved plan, and answers when flow data has shown whether it stopped',
    permission,
    body: newApplication,
    ...{ gives, conflict },
    run: ({ name, body, token, from }) =>
      done(parts, { token, from, what: 'response.apply', target: name, detail: { ...body } }, async () => {
        const { plan } = await found(responder, name);
        if (body.confirm !== planViewOf(plan).confirm)
          throw new Refusal(400, 'confirm is not the name of what would be contained: nothing was changed');
        await responder.apply(name);
        return reread(name);
      }),
  });
  define({
    method: 'post',
    path: '/responses/{hash}/revert',
    summary: 'Undoes a containment now',
    permission,
    body: newRevert,
    ...{ gives, conflict },
    run: ({ name, body: { why }, token, from }) =>
      done(parts, { token, from, what: 'response.revert', target: name, detail: { why } }, async () => {
        await found(responder, name);
        const problems = await responder.revert(name, `${token.holder}: ${why}`);
        if (problems.length > 0)
          throw new Refusal(
            503,
            `not all is undone, and it is tried again: ${problems.join('; ')}`,
            AGAIN_SECONDS,
          );
        return reread(name);
      }),
  });
}

async function found(responder: Responder, hash: string): Promise<Response> {
  const response = (await responder.all()).find((each) => each.hash === hash);
  if (!response) throw new Refusal(404, 'the ledger knows no such plan: give its whole hash');
  return response;
}

/** Writes down what is asked before it is done, and why it was not. */
async function done<T>({ audit }: Parts, deed: Deed, work: () => Promise<T>): Promise<T> {
  const { token, from, what, target, detail } = deed;
  const entry = { who: token.holder, token: token.id, target, from };
  await audit.append({ ...entry, what, detail });
  try {
    return await asRefusal(work);
  } catch (error) {
    await audit.append({ ...entry, what: `${what}.failed`, detail: { why: (error as Error).message } });
    throw error;
  }
}
