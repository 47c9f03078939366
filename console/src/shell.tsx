import { type ReactNode, useEffect, useState } from 'react';
import type { LiveStatus } from '../../src/model/live.js';
import { type Session, signOut, useApi } from './api.js';
import { Help } from './help.js';
import { listenForShortcuts, useShortcuts } from './keys.js';
import { useLive, useStream } from './live.js';
import { PAGES, Page } from './pages.js';
import { Palette } from './palette.js';
import { Brand } from './parts/brand.js';
import { go, Link, useAddress } from './router.js';
import { change, useSettings } from './settings.js';
import { Logged } from './text.js';

export interface Status extends LiveStatus {
  is_demo: boolean;
  journal: { segments: number; bytes: number; maxBytes: number; refused: number };
}

type Overlay = 'help' | 'palette' | null;

/** What is around every screen: where one can go, how it goes, and the keys that work everywhere. */
export function Shell({ session, onSignedOut }: { session: Session; onSignedOut: () => void }) {
  const [overlay, setOverlay] = useState<Overlay>(null);
  const address = useAddress();
  useStream();
  useEffect(listenForShortcuts, []);
  const pages = PAGES.filter(({ permission }) => session.permissions.includes(permission ?? 'read'));
  useShortcuts('Everywhere', [
    { keys: '?', says: 'Keys', run: () => setOverlay('help') },
    { keys: '/', says: 'Search findings', run: () => focusSearch() },
    ...pages.map(({ title, path, letter }) => ({
      keys: `g ${letter}`,
      says: `Go to ${title}`,
      run: () => go(path),
    })),
  ]);
  usePaletteKey(() => setOverlay('palette'));
  const leave = async (): Promise<void> => {
    await signOut().catch(() => undefined);
    onSignedOut();
  };
  return (
    <>
      <a className="skip" href="#content">
        To the content
      </a>
      <header className="masthead">
        <Link to="/" className="home">
          <Brand />
        </Link>
        <nav aria-label="Screens">
          {pages.map(({ path, title }) => (
            <Link key={path} to={path} aria-current={isIn(address.path, path) ? 'page' : undefined}>
              {title}
            </Link>
          ))}
        </nav>
        <div className="tools">
          <Pulse />
          <button type="button" className="small" onClick={() => setOverlay('palette')}>
            Find <kbd>Ctrl K</kbd>
          </button>
          <button type="button" className="small" onClick={() => setOverlay('help')}>
            Keys <kbd>?</kbd>
          </button>
          <ThemeButton />
          <button
            type="button"
            className="small"
            onClick={leave}
            title={`Signed in as ${session.token.holder}, ${session.token.role}`}
          >
            Sign out
          </button>
        </div>
      </header>
      <Notices />
      <main id="content" tabIndex={-1}>
        <Page address={address} session={session} />
      </main>
      {overlay === 'help' && <Help onClose={() => setOverlay(null)} />}
      {overlay === 'palette' && <Palette pages={pages} onClose={() => setOverlay(null)} />}
    </>
  );
}

const isIn = (path: string, page: string): boolean =>
  page === '/' ? path === '/' || path.startsWith('/findings') : path.startsWith(page);

function focusSearch(): void {
  const field = document.querySelector<HTMLInputElement>('#search');
  if (field) field.focus();
  else go('/?focus=search');
}

function usePaletteKey(open: () => void): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'k') return;
      event.preventDefault();
      if (document.querySelector('dialog[open]') === null) open();
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  });
}

/** Whether the page hears the server. */
function Pulse() {
  const { connection } = useLive();
  const words = { live: 'live', connecting: 'connecting', lost: 'connection lost' } as const;
  return (
    <span className={`pulse ${connection}`} role="status">
      <span className="dot" aria-hidden="true" />
      {words[connection]}
    </span>
  );
}

const THEMES = { system: 'light', light: 'dark', dark: 'system' } as const;

function ThemeButton() {
  const { theme } = useSettings();
  return (
    <button type="button" className="small" onClick={() => change({ theme: THEMES[theme] })}>
      <span className="unseen">Colours: </span>
      {theme === 'system' ? 'Auto' : theme === 'light' ? 'Light' : 'Dark'}
    </button>
  );
}

/** What whoever looks must know before believing what is shown. */
function Notices() {
  const { data: status } = useApi<Status>('/status');
  const { connection } = useLive();
  const notices: [key: string, text: ReactNode][] = [];
  if (status?.is_demo)
    notices.push([
      'demo',
      <>
        <strong>Demo.</strong> What you see was recorded from real containers in a lab and is played as if it
        happened now. Nothing here is about this machine.
      </>,
    ]);
  if (connection === 'lost')
    notices.push([
      'lost',
      <>The connection to the server is lost: what is shown may be old. It is tried again.</>,
    ]);
  if (status && !status.ready)
    notices.push([
      'ready',
      status.ticks.count === 0 ? (
        <>The server is starting: nothing has been judged yet.</>
      ) : (
        <>
          The server stands still: nothing was judged for minutes, and all strategies are blind until it goes
          on.
        </>
      ),
    ]);
  if (status?.ticks.last_error)
    notices.push([
      'tick',
      <>
        <strong>Detection fails at the moment:</strong> <Logged text={status.ticks.last_error} />. What was
        sent is kept and tried again.
      </>,
    ]);
  if (status && status.mismatches > 0)
    notices.push([
      'mismatch',
      <>
        Rows of {status.mismatches} loads did not add up: <Logged text={status.last_mismatch ?? ''} />
      </>,
    ]);
  return notices.map(([key, text]) => (
    <p key={key} className={`notice ${key}`} role="status">
      {text}
    </p>
  ));
}
