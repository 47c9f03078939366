import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ApiProblem, readSession, type Session, useSessionOf } from './api.js';
import { Loading } from './parts/states.js';
import { Shell } from './shell.js';
import { SignIn } from './sign-in.js';

type State = { session: Session | null; why: string } | 'asking';

/** Who is signed in sees the console; who is not, how to sign in. */
export function App() {
  const client = useQueryClient();
  const [state, setState] = useState<State>('asking');
  const signedOut = (why: string) => {
    client.clear();
    setState({ session: null, why });
  };
  useSessionOf(state === 'asking' ? null : state.session, () => signedOut('The session has ended.'));
  useEffect(() => {
    readSession().then(
      (session) => setState({ session, why: '' }),
      (error: unknown) => {
        const isUnreachable = !(error instanceof ApiProblem) || error.status !== 401;
        setState({ session: null, why: isUnreachable ? (error as Error).message : '' });
      },
    );
  }, []);
  if (state === 'asking') return <Loading what="who is signed in" />;
  if (state.session === null)
    return <SignIn why={state.why} onSignedIn={(session) => setState({ session, why: '' })} />;
  return <Shell session={state.session} onSignedOut={() => signedOut('')} />;
}
