import { ApiProblem } from '../api.js';
import { LoggedList } from '../parts/logged-list.js';

/** Why not, one reason a line. */
export function Refused({ problem, title }: { problem: Error; title: string }) {
  const reasons =
    problem instanceof ApiProblem && problem.reasons.length > 0 ? problem.reasons : [problem.message];
  return (
    <div className="refused" role="alert">
      <p>
        <strong>{title}</strong>
      </p>
      <LoggedList texts={reasons} />
    </div>
  );
}
