import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { formatDuration } from '../../../src/model/duration.js';
import type { ActionOption, ActionOptions } from '../../../src/respond/options.js';
import { type ApiProblem, get, post } from '../api.js';
import { Loading } from '../parts/states.js';
import { Logged, shown } from '../text.js';
import { ofResponses, type ResponseWhole } from './ask.js';
import { Refused } from './refused.js';
import { ACTION_WORDS } from './words.js';

const DURATIONS: [seconds: number, text: string][] = [
  [900, '15 minutes'],
  [3600, '1 hour'],
  [14_400, '4 hours'],
  [86_400, '1 day'],
];

/** Which action, for how long: what each costs and why it is refused stands beside it, before anything is planned. */
export function Planner({ finding, onDone }: { finding: string; onDone: () => void }) {
  const path = `/findings/${encodeURIComponent(finding)}/actions`;
  // Containers come and go: what was possible a moment ago says nothing.
  const query = useQuery<ActionOptions, ApiProblem>({
    ...{ queryKey: [path], queryFn: () => get<ActionOptions>(path) },
    ...{ staleTime: 0, gcTime: 0, retry: false },
  });
  if (query.error && !query.isFetching)
    return <NoPlan problem={query.error} again={() => void query.refetch()} onDone={onDone} />;
  if (query.data === undefined) return <Loading what="what can be done to this container now" />;
  return <Choices finding={finding} options={query.data} onDone={onDone} />;
}

function NoPlan({ problem, again, onDone }: { problem: ApiProblem; again: () => void; onDone: () => void }) {
  return (
    <>
      <Refused
        problem={problem}
        title={problem.status === 409 ? 'This finding leads to no containment.' : 'It cannot be planned now.'}
      />
      <p className="buttons">
        <button type="button" onClick={again}>
          Look again
        </button>
        <button type="button" onClick={onDone}>
          Plan nothing
        </button>
      </p>
    </>
  );
}

function Choices({
  finding,
  options,
  onDone,
}: {
  finding: string;
  options: ActionOptions;
  onDone: () => void;
}) {
  const client = useQueryClient();
  const possible = options.actions.filter(({ refused }) => refused.length === 0);
  const usual = possible.find(({ action }) => action === options.usual) ?? possible[0];
  const [chosen, setChosen] = useState<string | null>(null);
  const [problem, setProblem] = useState<Error | null>(null);
  const [isSending, setSending] = useState(false);
  const action = chosen ?? usual?.action ?? '';
  const ends = options.actions.find((each) => each.action === action)?.expires_seconds;
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setSending(true);
    setProblem(null);
    try {
      const made = await post<ResponseWhole>(
        `/findings/${encodeURIComponent(finding)}/responses`,
        wishOf(form),
      );
      client.setQueryData([`/responses/${made.response.hash}`], made);
      await client.invalidateQueries(ofResponses);
      onDone();
    } catch (error) {
      setProblem(error as Error);
      setSending(false);
    }
  };
  return (
    <form className="planner" onSubmit={submit}>
      {options.refused.length > 0 && (
        <p className="notice">
          <Logged text={options.refused.join('; ')} />
        </p>
      )}
      <fieldset>
        <legend>
          What to do to{' '}
          <Logged text={options.container ? options.container.name : 'a container that is not here'} mono />
        </legend>
        {options.actions.map((option) => (
          <Choice
            key={option.action}
            option={option}
            isChosen={action === option.action}
            onChoose={() => setChosen(option.action)}
          />
        ))}
        {options.networks.length > 0 && (
          <Segment
            networks={options.networks}
            isChosen={action === 'isolate-segment'}
            onChoose={() => setChosen('isolate-segment')}
          />
        )}
      </fieldset>
      <div className="row-tools">
        <label>
          Ends by itself after{' '}
          <select name="expires" defaultValue="">
            <option value="">
              what the playbook says{ends !== undefined && ` (${formatDuration(ends)})`}
            </option>
            {DURATIONS.map(([seconds, text]) => (
              <option key={seconds} value={seconds}>
                {text}
              </option>
            ))}
          </select>
        </label>
        <label className="check">
          <input type="checkbox" name="commit" /> Keep its file system as an image, too
        </label>
      </div>
      {problem && <Refused problem={problem} title="No plan was made." />}
      <div className="buttons">
        <button type="submit" className="primary" disabled={isSending || action === ''}>
          Make the plan
        </button>
        <button type="button" onClick={onDone}>
          Plan nothing
        </button>
        <span className="fine">Changes nothing: the plan is looked at first.</span>
      </div>
    </form>
  );
}

function wishOf(form: FormData): object {
  const action = String(form.get('action'));
  const expires = Number(form.get('expires'));
  return {
    action,
    ...(action === 'isolate-segment' && { network: String(form.get('network')) }),
    ...(expires > 0 && { expires_seconds: expires }),
    ...(form.get('commit') !== null && { commit_image: true }),
  };
}

function Choice({
  option,
  isChosen,
  onChoose,
}: {
  option: ActionOption;
  isChosen: boolean;
  onChoose: () => void;
}) {
  const { action, title, cost, refused } = option;
  const isRefused = refused.length > 0;
  return (
    <label className={isRefused ? 'check choice-of off' : 'check choice-of'}>
      <input
        type="radio"
        name="action"
        value={action}
        checked={isChosen}
        disabled={isRefused}
        onChange={onChoose}
      />
      <span>
        <strong>{ACTION_WORDS[action]}</strong> <Logged text={title} limit={200} />
        <span className="fine">
          <Logged text={isRefused ? `Refused: ${refused.join('; ')}` : cost.join(' ')} limit={600} />
        </span>
      </span>
    </label>
  );
}

function Segment({
  networks,
  isChosen,
  onChoose,
}: {
  networks: string[];
  isChosen: boolean;
  onChoose: () => void;
}) {
  return (
    <div className="check choice-of">
      <input
        type="radio"
        name="action"
        value="isolate-segment"
        id="isolate-segment"
        checked={isChosen}
        onChange={onChoose}
      />
      <span>
        <label htmlFor="isolate-segment">
          <strong>{ACTION_WORDS['isolate-segment']}</strong>
        </label>{' '}
        <select name="network" aria-label="Which network" onFocus={onChoose}>
          {networks.map((network) => (
            <option key={network} value={network}>
              {shown(network, 80)}
            </option>
          ))}
        </select>
        <span className="fine">
          Nobody on it gets out. Only from two workloads with open findings on it, and with an approval of its
          own.
        </span>
      </span>
    </div>
  );
}
