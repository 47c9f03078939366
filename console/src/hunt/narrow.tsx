/** Two buttons after a value: rows that have it, and those that do not. */
export function Narrow({ what, onNarrow }: { what: string; onNarrow: (isNegated: boolean) => void }) {
  return (
    <>
      <button type="button" className="small" onClick={() => onNarrow(false)}>
        only<span className="unseen"> this {what}</span>
      </button>{' '}
      <button type="button" className="small" onClick={() => onNarrow(true)}>
        not<span className="unseen"> this {what}</span>
      </button>
    </>
  );
}
