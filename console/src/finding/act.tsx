import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { FindingChange, KeptFinding } from '../../../src/model/live.js';
import { countOf } from '../../../src/output/format.js';
import { post } from '../api.js';
import { noteChanged } from '../live.js';
import { VERDICTS, type VerdictWord, verdictText } from '../parts/badges.js';
import { Dialog } from '../parts/dialog.js';
import { Logged } from '../text.js';

export type Action = 'acknowledge' | 'assign' | 'close' | 'note' | 'reopen';

const TITLES: Record<Action, string> = {
  acknowledge: 'Acknowledge',
  assign: 'Assign',
  close: 'Close with a verdict',
  note: 'Write a note',
  reopen: 'Open again',
};

interface Asked {
  action: Action;
  targets: KeptFinding[];
  me: string;
  onClose: () => void;
  onDone?: () => void;
}

/** One decision about one or more findings, always with a reason: it stands in the history and the audit log. */
export function Act({ action, targets, me, onClose, onDone }: Asked) {
  const client = useQueryClient();
  const [problem, setProblem] = useState('');
  const [isSending, setSending] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setSending(true);
    try {
      for (const { uid } of targets) {
        for (const change of changesOf(action, form, me))
          noteChanged(await post<KeptFinding>(`/findings/${uid}/changes`, change));
        await client.invalidateQueries({ queryKey: [`/findings/${uid}`] });
      }
      onDone?.();
      onClose();
    } catch (error) {
      setProblem((error as Error).message);
      setSending(false);
    }
  };
  return (
    <Dialog title={TITLES[action]} onClose={onClose} className="act">
      <form onSubmit={submit}>
        <p className="fine">
          {targets.length === 1 ? (
            <>
              {targets[0]!.finding.technique}, <Logged text={targets[0]!.finding.entity.name} limit={80} />
            </>
          ) : (
            countOf(targets.length, 'finding')
          )}
        </p>
        {action === 'close' && <Verdicts />}
        {action === 'assign' && (
          <label>
            To whom
            <input name="assignee" defaultValue={me} maxLength={100} placeholder="Empty: nobody" />
          </label>
        )}
        <label>
          {action === 'note' ? 'Note' : 'Why'}
          <textarea
            name="why"
            rows={3}
            required
            maxLength={4000}
            defaultValue={action === 'acknowledge' ? 'I look at it' : ''}
          />
        </label>
        {problem !== '' && (
          <p className="problem" role="alert">
            {problem}
          </p>
        )}
        <div className="buttons">
          <button type="submit" className="primary" disabled={isSending}>
            {TITLES[action]}
          </button>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  );
}

const MEANINGS: Record<VerdictWord, string> = {
  true_positive: 'It happened, and it was not meant to.',
  false_positive: 'It did not happen: Stowaway is wrong.',
  benign: 'It happened, and it was meant to.',
};

function Verdicts() {
  return (
    <fieldset>
      <legend>Verdict</legend>
      {VERDICTS.map((verdict) => (
        <label key={verdict} className="check">
          <input type="radio" name="verdict" value={verdict} required />
          <span>
            <strong>{verdictText(verdict)}</strong> {MEANINGS[verdict]}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

function changesOf(action: Action, form: FormData, me: string): FindingChange[] {
  const why = String(form.get('why')).trim();
  switch (action) {
    case 'acknowledge':
      return [{ what: 'assigned', assignee: me, why }];
    case 'assign':
      return [{ what: 'assigned', assignee: String(form.get('assignee')).trim() || null, why }];
    case 'close':
      return [
        { what: 'verdict', verdict: form.get('verdict') as VerdictWord, why },
        { what: 'closed', why },
      ];
    case 'note':
      return [{ what: 'note', why }];
    case 'reopen':
      return [{ what: 'reopened', why }];
  }
}
