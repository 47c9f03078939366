import { type KeyboardEvent, useDeferredValue, useId, useState } from 'react';
import type { FindingPage, LiveStrategy } from '../../src/model/live.js';
import { queryOf, useApi } from './api.js';
import { shortcutsNow } from './keys.js';
import type { PageInfo } from './pages.js';
import { Dialog } from './parts/dialog.js';
import { canAskFor, entityPath, findingPath, go, strategyPath } from './router.js';
import { shown } from './text.js';

interface Entry {
  kind: string;
  text: string;
  run: () => void;
}

const MOST = 12;

/** Ctrl K: screens, findings, strategies and what the screen at hand can do, by a few letters. */
export function Palette({ pages, onClose }: { pages: PageInfo[]; onClose: () => void }) {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const list = useId();
  const entries = useEntries(pages, text);
  const current = entries[Math.min(at, entries.length - 1)];
  const take = (entry: Entry | undefined): void => {
    if (!entry) return;
    onClose();
    // After the window is gone: what runs may open another, or move the focus.
    setTimeout(entry.run);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') setAt(Math.min(at + 1, entries.length - 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(at - 1, 0));
    else if (event.key === 'Enter') take(current);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title="Find" onClose={onClose} className="palette">
      <input
        type="search"
        role="combobox"
        aria-label="Screens, findings, strategies, actions"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={current && `${list}-${entries.indexOf(current)}`}
        placeholder="Screens, findings, strategies, actions"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      {/* Chosen with the arrows while the field has the focus. */}
      <div id={list} role="listbox" aria-label="Found">
        {entries.map((entry, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: Enter in the field takes it
          // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus
          <div
            key={`${entry.kind} ${entry.text}`}
            id={`${list}-${index}`}
            role="option"
            aria-selected={entry === current}
            onClick={() => take(entry)}
          >
            <span>{entry.text}</span>
            <span className="fine">{entry.kind}</span>
          </div>
        ))}
      </div>
      {entries.length === 0 && <p className="fine">Nothing of that name.</p>}
    </Dialog>
  );
}

function useEntries(pages: PageInfo[], text: string): Entry[] {
  const search = useDeferredValue(text.trim());
  const { data: strategies = [] } = useApi<LiveStrategy[]>('/strategies');
  const { data: found } = useApi<FindingPage>(
    search === '' ? null : `/findings${queryOf({ search, limit: MOST, suppressed: true })}`,
  );
  const here: Entry[] = [
    ...pages.map(({ title, path }) => ({ kind: 'screen', text: title, run: () => go(path) })),
    ...shortcutsNow()
      .filter(({ title }) => title !== 'Everywhere')
      .flatMap(({ shortcuts }) => shortcuts)
      .map(({ says, run, keys }) => ({ kind: `action, ${keys}`, text: says, run })),
    ...strategies.map(({ id, technique, title }) => ({
      kind: 'strategy',
      text: `${technique} ${shown(title, 100)}`,
      run: () => go(strategyPath(id)),
    })),
  ];
  const findings = (found?.findings ?? []).flatMap(({ uid, finding }): Entry[] => [
    {
      kind: `finding, ${finding.severity}`,
      text: `${finding.technique} ${shown(finding.entity.name, 60)}: ${shown(finding.why, 80)}`,
      run: () => go(findingPath(uid)),
    },
    ...(canAskFor(finding.entity.name)
      ? [
          {
            kind: finding.entity.kind,
            text: shown(finding.entity.name, 60),
            run: () => go(entityPath(finding.entity)),
          },
        ]
      : []),
  ]);
  const words = text.trim().toLowerCase();
  const unique = new Map(
    [...here.filter((entry) => entry.text.toLowerCase().includes(words)), ...findings].map((entry) => [
      `${entry.kind} ${entry.text}`,
      entry,
    ]),
  );
  return [...unique.values()].slice(0, MOST);
}
