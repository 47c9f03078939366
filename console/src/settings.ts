import { useSyncExternalStore } from 'react';

/** What a reader prefers, in this browser. Nothing here is secret, and nothing is needed. */
export interface Settings {
  theme: 'system' | 'light' | 'dark';
  /** Shortcuts of a single key; whoever speaks to the machine, or types by chance, may not want them. */
  singleKeys: boolean;
}

const KEY = 'stowaway.settings';
const DEFAULTS: Settings = { theme: 'system', singleKeys: true };
const listeners = new Set<() => void>();

function read(): Settings {
  try {
    const { theme, singleKeys } = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Settings>;
    return {
      theme: theme === 'light' || theme === 'dark' ? theme : 'system',
      singleKeys: singleKeys !== false,
    };
  } catch {
    return DEFAULTS;
  }
}

let current = read();

export const settings = (): Settings => current;

export function change(changes: Partial<Settings>): void {
  current = { ...current, ...changes };
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // A browser that keeps nothing: it holds until the page is left.
  }
  applyTheme();
  for (const listener of listeners) listener();
}

export const useSettings = (): Settings =>
  useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, settings);

export function applyTheme(): void {
  document.documentElement.dataset.theme = current.theme;
}
