import { useEffect, useRef } from 'react';
import { settings } from './settings.js';

/** A shortcut: one key, or `g` and a letter. */
export interface Shortcut {
  keys: string;
  says: string;
  run: () => void;
}

const groups = new Map<symbol, { title: string; shortcuts: Shortcut[] }>();

/** Every shortcut that works now, for the help. */
export const shortcutsNow = (): { title: string; shortcuts: Shortcut[] }[] => [...groups.values()];

/** Shortcuts that work as long as the component is there. */
export function useShortcuts(title: string, shortcuts: Shortcut[]): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  useEffect(() => {
    const id = Symbol(title);
    groups.set(id, {
      title,
      get shortcuts() {
        return latest.current;
      },
    });
    return () => void groups.delete(id);
  }, [title]);
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('input:not([type=checkbox]), textarea, select') !== null;

const CHORD_MS = 1500;

/** Listens for all of them in one place. */
export function listenForShortcuts(): () => void {
  let before = '';
  let at = 0;
  const listen = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey || isTyping(event.target)) return;
    if (!settings().singleKeys || document.querySelector('dialog[open]') !== null) return;
    const chord = before !== '' && event.timeStamp - at < CHORD_MS ? `${before} ${event.key}` : event.key;
    before = chord === 'g' ? 'g' : '';
    at = event.timeStamp;
    // The one that came last: a page's own shortcut stands before the console's.
    const found = [...groups.values()].reverse().flatMap(({ shortcuts }) => shortcuts);
    const shortcut = found.find(({ keys }) => keys === chord);
    if (!shortcut) return;
    event.preventDefault();
    shortcut.run();
  };
  document.addEventListener('keydown', listen);
  return () => document.removeEventListener('keydown', listen);
}
