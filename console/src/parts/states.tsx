import type { UseQueryResult } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import type { ApiProblem } from '../api.js';

const SLOW_MS = 400;

/** Says what is waited for; what comes at once shows nothing. */
export function Loading({ what }: { what: string }) {
  const [isSlow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), SLOW_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <p className="state" role="status">
      {isSlow && <>Asking the server for {what}…</>}
    </p>
  );
}

function Failed({ what, problem, again }: { what: string; problem: Error; again?: () => void }) {
  return (
    <div className="state failed" role="alert">
      <p>
        <strong>{what} could not be shown.</strong> {problem.message}.
      </p>
      {again && (
        <button type="button" onClick={again}>
          Ask again
        </button>
      )}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="state empty">
      <p>
        <strong>{title}</strong>
      </p>
      {children}
    </div>
  );
}

/** What was asked for, once it is there; until then, why it is not. */
export function Asked<T>({
  query,
  what,
  children,
}: {
  query: UseQueryResult<T, ApiProblem>;
  what: string;
  children: (value: T) => ReactNode;
}) {
  if (query.data !== undefined) return children(query.data);
  if (query.error)
    return (
      <Failed
        what={`${what[0]!.toUpperCase()}${what.slice(1)}`}
        problem={query.error}
        again={() => void query.refetch()}
      />
    );
  return <Loading what={what} />;
}
