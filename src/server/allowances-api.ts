import { randomBytes } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import { type AllowanceEntry, toAllowance } from '../model/allowance.js';
import { AllowanceRefused } from '../model/live-allowances.js';
import type { Parts } from './context.js';
import type { Define } from './endpoint.js';
import type { FromStore } from './from-store.js';
import { Refusal } from './refusal.js';
import { allowancePreview, listedAllowance, newAllowance, revocation } from './schemas-allowances.js';

const ID_BYTES = 6;

/** Activity somebody authorises while the server runs. What cannot be written into the audit log is not done. */
export function addAllowances(define: Define, parts: Parts, fromStore: FromStore): void {
  const { allowances, audit } = parts;
  define({
    method: 'get',
    path: '/allowances',
    summary: 'Every allowance, also of the configuration, and what it hid',
    permission: 'read',
    gives: z.array(listedAllowance),
    run: () => fromStore(allowances.list()),
  });
  define({
    method: 'post',
    path: '/allowances/preview',
    summary: 'What an allowance would hide; nothing is kept',
    permission: 'triage',
    body: newAllowance,
    gives: allowancePreview,
    run: ({ body }) => fromStore(allowances.preview(body)),
  });
  define({
    method: 'post',
    path: '/allowances',
    summary: 'Gives an allowance, from the next tick on; one that would hide a true positive is refused',
    permission: 'tune',
    body: newAllowance,
    gives: listedAllowance,
    status: 201,
    conflict: 'It would hide a true positive, or there are too many; `detail` says which.',
    async run({ body, token: { holder, id: token }, from }) {
      refuseOver(body, parts.now());
      const { refused } = await fromStore(allowances.preview(body));
      if (refused !== null) throw new Refusal(409, refused);
      const id = randomBytes(ID_BYTES).toString('hex');
      await audit.append({ who: holder, token, what: 'allowance.add', target: id, detail: body, from });
      const added = allowances.add(id, body, holder).catch((error: unknown) => {
        if (error instanceof AllowanceRefused) return error;
        throw error;
      });
      const done = await fromStore(added);
      if (done instanceof AllowanceRefused) throw new Refusal(409, done.message);
      return done;
    },
  });
  addRevocation(define, parts, fromStore);
}

function addRevocation(define: Define, { allowances, audit }: Parts, fromStore: FromStore): void {
  define({
    method: 'post',
    path: '/allowances/{id}/revoke',
    summary: 'Ends an allowance: what it hides is shown again from the next tick on',
    permission: 'tune',
    body: revocation,
    gives: listedAllowance,
    conflict: 'It was revoked already.',
    async run({ name, body: { why }, token: { holder, id: token }, from }) {
      const known = (await fromStore(allowances.list())).find(({ id }) => id === name);
      if (!known) throw new Refusal(404, `no allowance ${name}; those of stowaway.yaml are changed there`);
      if (known.revoked)
        throw new Refusal(409, `${name} was revoked already, by ${known.revoked.by} at ${known.revoked.at}`);
      await audit.append({
        who: holder,
        token,
        what: 'allowance.revoke',
        target: name,
        detail: { why },
        from,
      });
      const revoked = await fromStore(allowances.revoke(name, holder, why));
      if (!revoked) throw new Refusal(409, `${name} was revoked just now`);
      return revoked;
    },
  });
}

function refuseOver(entry: AllowanceEntry, now: Date): void {
  const { expires } = toAllowance(entry);
  if (Date.parse(expires!) <= now.getTime())
    throw new Refusal(400, `expires in the body: ${entry.expires} is over already`);
}
