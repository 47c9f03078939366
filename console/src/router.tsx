import { type AnchorHTMLAttributes, type MouseEvent, useSyncExternalStore } from 'react';
import type { Finding } from '../../src/model/hunt-result.js';

/** The address is the state: what is looked at, and how it is filtered. */
const BASE = '/console';
const CHANGED = 'stowaway:address';

export interface Address {
  /** Below the console, with a slash in front. */
  path: string;
  query: URLSearchParams;
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('popstate', listener);
  window.addEventListener(CHANGED, listener);
  return () => {
    window.removeEventListener('popstate', listener);
    window.removeEventListener(CHANGED, listener);
  };
}

const addressOf = (): string => `${location.pathname.slice(BASE.length)}${location.search}`;

export function useAddress(): Address {
  const text = useSyncExternalStore(subscribe, addressOf);
  const [path = '/', query = ''] = text.split('?', 2);
  return { path: path || '/', query: new URLSearchParams(query) };
}

/** `replace`: what is typed into a filter is no step to go back to. */
export function go(to: string, how: 'push' | 'replace' = 'push'): void {
  if (to === addressOf()) return;
  history[how === 'push' ? 'pushState' : 'replaceState'](null, '', `${BASE}${to}`);
  if (how === 'push') window.scrollTo(0, 0);
  window.dispatchEvent(new Event(CHANGED));
}

/** The same address with some of its query changed; a value of null is taken away. */
export function withQuery(
  { path, query }: Address,
  changes: Record<string, string | string[] | null>,
): string {
  const next = new URLSearchParams(query);
  for (const [key, value] of Object.entries(changes)) {
    next.delete(key);
    for (const one of value === null ? [] : [value].flat()) next.append(key, one);
  }
  const text = next.toString();
  return text === '' ? path : `${path}?${text}`;
}

export function Link({ to, onClick, ...rest }: { to: string } & AnchorHTMLAttributes<HTMLAnchorElement>) {
  const follow = (event: MouseEvent<HTMLAnchorElement>): void => {
    onClick?.(event);
    // A new tab or window is the browser's to open.
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey)
      return;
    event.preventDefault();
    go(to);
  };
  return <a {...rest} href={`${BASE}${to}`} onClick={follow} />;
}

export const findingPath = (uid: string): string => `/findings/${encodeURIComponent(uid)}`;
export const strategyPath = (id: string): string => `/strategies/${encodeURIComponent(id)}`;
/** The strategy's parameters, beginning with one that decided on the finding. */
export function tunePath({ strategy, terms }: Pick<Finding, 'strategy' | 'terms'>): string {
  const decisive = terms.find(({ counted }) => counted);
  const query = decisive ? `?${new URLSearchParams({ analytic: decisive.analytic })}` : '';
  return `${strategyPath(strategy)}${query}#tune`;
}

/** The API asks for no longer name, and no address is. */
const LONGEST_NAME = 500;
export const canAskFor = (name: string): boolean => name.length <= LONGEST_NAME;

export const entityPath = ({ kind, name }: { kind: string; name: string }): string =>
  `/entity?${new URLSearchParams({ kind, name })}`;
