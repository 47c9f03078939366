import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Finding } from '../../../src/model/hunt-result.js';
import type { ListedAllowance } from '../../../src/model/live-allowances.js';
import { post } from '../api.js';
import { Dialog } from '../parts/dialog.js';
import { type Draft, draftOf, entryOf, today } from './entry.js';
import { Preview, usePreview } from './preview.js';
import { When } from './when.js';

interface Asked {
  /** What it begins with; null: nothing. */
  finding: Finding | null;
  me: string;
  canTune: boolean;
  onClose: () => void;
  onGiven?: (given: ListedAllowance) => void;
}

/** Says that something was meant; what that would hide stands beside it before anything is kept. */
export function AllowDialog({ finding, me, canTune, onClose, onGiven }: Asked) {
  const client = useQueryClient();
  const [draft, setDraft] = useState<Draft>(() => draftOf(finding, me));
  const [problem, setProblem] = useState('');
  const [isSending, setSending] = useState(false);
  const set = (change: Partial<Draft>): void => setDraft({ ...draft, ...change });
  const entry = entryOf(draft);
  const preview = usePreview(entry);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setSending(true);
    try {
      const given = await post<ListedAllowance>('/allowances', entry);
      await client.invalidateQueries({ queryKey: ['/allowances'] });
      onGiven?.(given);
      onClose();
    } catch (error) {
      setProblem((error as Error).message);
      setSending(false);
    }
  };
  return (
    <Dialog title="Say that it was meant" onClose={onClose} className="allow">
      <form onSubmit={submit}>
        <p className="fine">
          What fits all of this is kept, and hidden from the queue until the last day. <code>*</code> stands
          for any text, <code>?</code> for one character.
        </p>
        <div className="two">
          <Fields draft={draft} set={set} />
          <div>
            <Why draft={draft} set={set} />
            <Preview query={preview} />
          </div>
        </div>
        {problem !== '' && (
          <p className="problem" role="alert">
            {problem}
          </p>
        )}
        {!canTune && <p className="fine">Your role looks; an engineer gives it.</p>}
        <div className="buttons">
          <button
            type="submit"
            className="primary"
            disabled={isSending || !canTune || preview.data === undefined || preview.data.refused !== null}
          >
            Give the allowance
          </button>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface Part {
  draft: Draft;
  set: (change: Partial<Draft>) => void;
}

function Fields({ draft, set }: Part) {
  return (
    <div>
      <Text label="Workload or address" value={draft.workload} onText={(workload) => set({ workload })} />
      <Text label="Image" value={draft.image} onText={(image) => set({ image })} placeholder="Empty: any" />
      <label>
        Destinations, one a line
        <textarea
          rows={3}
          maxLength={20_000}
          value={draft.destinations}
          placeholder="Empty: any"
          onChange={(event) => set({ destinations: event.target.value })}
        />
      </label>
      <Text
        label="Techniques"
        value={draft.technique}
        onText={(technique) => set({ technique })}
        placeholder="Empty: any"
      />
      <When draft={draft} set={set} />
    </div>
  );
}

function Why({ draft, set }: Part) {
  return (
    <>
      <label>
        Why
        <textarea
          name="reason"
          rows={2}
          required
          minLength={3}
          maxLength={1000}
          value={draft.reason}
          onChange={(event) => set({ reason: event.target.value })}
        />
      </label>
      <Text label="Who answers for it" value={draft.owner} onText={(owner) => set({ owner })} isRequired />
      <label>
        Last day (UTC)
        <input
          type="date"
          required
          min={today()}
          value={draft.expires}
          onChange={(event) => set({ expires: event.target.value })}
        />
      </label>
    </>
  );
}

interface Typed {
  label: string;
  value: string;
  onText: (text: string) => void;
  placeholder?: string;
  isRequired?: boolean;
}

const Text = ({ label, value, onText, placeholder, isRequired = false }: Typed) => (
  <label>
    {label}
    <input
      value={value}
      maxLength={200}
      required={isRequired}
      placeholder={placeholder}
      onChange={(event) => onText(event.target.value)}
    />
  </label>
);
