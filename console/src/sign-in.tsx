import { type FormEvent, useEffect, useState } from 'react';
import { type Session, signIn } from './api.js';
import { Brand } from './parts/brand.js';

export function SignIn({ why, onSignedIn }: { why: string; onSignedIn: (session: Session) => void }) {
  const [problem, setProblem] = useState(why);
  const [isAsking, setAsking] = useState(false);
  useEffect(() => {
    document.title = 'Sign in · Stowaway';
  }, []);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const token = String(new FormData(event.currentTarget).get('token')).trim();
    setAsking(true);
    try {
      onSignedIn(await signIn(token));
    } catch (error) {
      setProblem((error as Error).message);
      setAsking(false);
    }
  };
  return (
    <main className="sign-in">
      <form onSubmit={submit} autoComplete="off">
        <h1>
          <Brand />
        </h1>
        <p>Finds adversaries who hide in containers.</p>
        <label htmlFor="token">Token</label>
        <input
          id="token"
          name="token"
          type="password"
          required
          // biome-ignore lint/a11y/noAutofocus: the only thing to do on this page
          autoFocus
          autoComplete="off"
          spellCheck={false}
          aria-describedby="token-help"
        />
        {problem !== '' && (
          <p className="problem" role="alert">
            {problem}
          </p>
        )}
        <button type="submit" className="primary" disabled={isAsking}>
          {isAsking ? 'Signing in' : 'Sign in'}
        </button>
        <p id="token-help" className="fine">
          The first start of <code>stowaway serve</code> prints an administrator’s token. With it, more are
          made for others: <code>docs/serve-ingest.md</code>. The token is not kept in this browser; the
          session ends after 12 hours.
        </p>
      </form>
    </main>
  );
}
