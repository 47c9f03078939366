import type { ResponseSummary } from '../../../src/respond/describe.js';
import { Time } from '../parts/time.js';
import { Link } from '../router.js';
import { Logged } from '../text.js';
import { ACTION_WORDS, Countdown, StatusBadge } from './words.js';

/** Responses as rows, each leading to its plan. */
export function ResponseTable({ responses, saidAt }: { responses: ResponseSummary[]; saidAt: number }) {
  return (
    <div className="scroll">
      <table className="responses">
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col">To whom</th>
            <th scope="col">State</th>
            <th scope="col">Ends in</th>
            <th scope="col">Approved by</th>
            <th scope="col">Result</th>
            <th scope="col">Planned (UTC)</th>
          </tr>
        </thead>
        <tbody>
          {responses.map((each) => (
            <tr key={each.hash}>
              <td>
                <Link to={`/responses/${each.hash}`}>{ACTION_WORDS[each.action]}</Link>
              </td>
              <td>
                <Logged text={each.segment ?? each.container.name} limit={80} />
              </td>
              <td>
                <StatusBadge response={each} />
              </td>
              <td>
                {each.seconds_left !== null && <Countdown secondsLeft={each.seconds_left} saidAt={saidAt} />}
              </td>
              <td>
                <Logged text={[...new Set(each.approvals.map(({ by }) => by))].join(', ')} limit={80} />
              </td>
              <td>
                {each.verification?.verdict ?? (each.contained_at ? 'not verified' : '')}
                {each.closed && (
                  <span className="fine">
                    <Logged text={each.closed.why} limit={200} />
                  </span>
                )}
              </td>
              <td>
                <Time at={each.planned_at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
