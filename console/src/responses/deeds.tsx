import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { post } from '../api.js';
import { Dialog } from '../parts/dialog.js';
import { LoggedList } from '../parts/logged-list.js';
import { Logged, shown } from '../text.js';
import { ofResponses, type ResponseWhole } from './ask.js';
import { Refused } from './refused.js';

export type Deed = 'approve' | 'apply' | 'revert';

const TITLES: Record<Deed, string> = {
  approve: 'Approve this plan',
  apply: 'Apply this plan',
  revert: 'Revert the containment',
};

const WAITING: Record<Deed, string> = {
  approve: 'Writing it into the ledger…',
  apply: 'Looking again, keeping evidence, acting, then watching for two seconds whether it stopped…',
  revert: 'Undoing each change, the last one first…',
};

interface Asked {
  deed: Deed;
  whole: ResponseWhole;
  onClose: () => void;
}

/** What changes the world is asked for in a window of its own: a reason, or the name typed again. No key alone does it. */
export function DoDeed({ deed, whole, onClose }: Asked) {
  const { response, plan } = whole;
  const client = useQueryClient();
  const [problem, setProblem] = useState<Error | null>(null);
  const [isSending, setSending] = useState(false);
  const [typed, setTyped] = useState('');
  const path = `/responses/${response.hash}`;
  const name = shown(plan.confirm, 200);
  const needsName = deed === 'apply' || (deed === 'approve' && response.segment !== null);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const why = String(new FormData(event.currentTarget).get('why') ?? '').trim();
    setSending(true);
    setProblem(null);
    try {
      client.setQueryData([path], await post<ResponseWhole>(`${path}/${deed}`, bodyOf(deed, why, whole)));
      onClose();
    } catch (error) {
      setProblem(error as Error);
      setSending(false);
    } finally {
      void client.invalidateQueries(ofResponses);
    }
  };
  return (
    <Dialog title={TITLES[deed]} onClose={onClose} className="act">
      <form onSubmit={submit}>
        <Says deed={deed} whole={whole} />
        {deed !== 'apply' && (
          <label>
            Why
            <textarea name="why" rows={3} required maxLength={4000} />
          </label>
        )}
        {needsName && (
          <label>
            <span>
              Type <strong className="mono">{name}</strong> to go on
            </span>
            <input
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
            />
          </label>
        )}
        {problem && <Refused problem={problem} title="Nothing was done by this." />}
        <p className="fine" role="status">
          {isSending && WAITING[deed]}
        </p>
        <div className="buttons">
          <button
            type="submit"
            className={deed === 'apply' ? 'danger' : 'primary'}
            disabled={isSending || (needsName && typed !== name)}
          >
            {TITLES[deed]}
          </button>
          <button type="button" onClick={onClose}>
            {isSending ? 'Leave it running' : 'Cancel'}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function bodyOf(deed: Deed, why: string, { response, plan }: ResponseWhole): object {
  if (deed === 'apply') return { confirm: plan.confirm };
  return { why, ...(deed === 'approve' && response.segment !== null && { segment: response.segment }) };
}

function Says({ deed, whole }: { deed: Deed; whole: ResponseWhole }): ReactNode {
  const { response, plan } = whole;
  if (deed === 'approve')
    return (
      <p>
        Exactly this plan, by its hash <code>{response.hash.slice(0, 12)}</code>: if anything is different
        when it is applied, it is refused. Nothing is done by approving it.
      </p>
    );
  if (deed === 'revert')
    return (
      <p>
        <Logged text={plan.confirm} limit={200} /> is let go, and can send again at once.
      </p>
    );
  return (
    <>
      <p>This acts on a running container, now:</p>
      <LoggedList texts={plan.cost} />
    </>
  );
}
