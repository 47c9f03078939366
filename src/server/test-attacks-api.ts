import { z } from '@hono/zod-openapi';
import { TestAttackRefused } from '../model/test-attacks.js';
import type { Parts } from './context.js';
import type { Asked, Define } from './endpoint.js';
import { Refusal } from './refusal.js';
import { newTestAttack, testAttack, testAttackOffer } from './schemas-test-attacks.js';

/** Attacks in a lab without a way out, to see that they are found. What cannot be written into the audit log is not done. */
export function addTestAttacks(define: Define, { testAttacks, audit }: Parts): void {
  const write = (
    { token, from }: Pick<Asked<unknown, unknown>, 'token' | 'from'>,
    what: string,
    target: string,
  ) => audit.append({ who: token.holder, token: token.id, what, target, detail: {}, from });
  define({
    method: 'get',
    path: '/test-attacks',
    summary: 'Emulations that can be started here, and how the last one went',
    permission: 'read',
    gives: testAttackOffer,
    run: () => testAttacks.offer(),
  });
  define({
    method: 'post',
    path: '/test-attacks',
    summary:
      'Starts an emulation in containers of a lab on this host, whose records are judged like all others; one at a time',
    permission: 'tune',
    body: newTestAttack,
    gives: testAttack,
    status: 201,
    conflict: 'It cannot be started now; `detail` says why.',
    async run({ body, token, from }) {
      await write({ token, from }, 'test-attack.start', body.attack);
      return testAttacks.start(body.attack, token.holder).catch((error: unknown) => {
        if (error instanceof TestAttackRefused) throw new Refusal(409, error.message);
        throw error;
      });
    },
  });
  define({
    method: 'post',
    path: '/test-attacks/stop',
    summary: 'Ends the emulation that runs; its lab is removed',
    permission: 'tune',
    body: z.strictObject({}),
    gives: z.object({ stopped: z.literal(true) }),
    conflict: 'None is under way.',
    async run({ token, from }) {
      await write({ token, from }, 'test-attack.stop', '');
      if (!testAttacks.stop()) throw new Refusal(409, 'no test attack is under way');
      return { stopped: true };
    },
  });
}
