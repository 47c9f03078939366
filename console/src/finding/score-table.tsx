import type { EvidenceClass, Finding } from '../../../src/model/hunt-result.js';
import { formatMeasured, formatProbability, formatWindow } from '../../../src/output/format.js';
import { scoreEquation, scoreSteps } from '../../../src/output/score.js';
import { ClassName } from '../parts/badges.js';
import { Logged, shown } from '../text.js';

/** The score term by term with the measurement behind each, so that it can be redone by hand. */
export function ScoreTable({ finding }: { finding: Finding }) {
  return (
    <>
      <div className="scroll">
        <table className="terms">
          <thead>
            <tr>
              <th scope="col">Kind</th>
              <th scope="col">What was measured</th>
              <th scope="col" className="num">
                Likelihood
              </th>
              <th scope="col" className="num">
                Score so far
              </th>
            </tr>
          </thead>
          <tbody>
            {scoreSteps(finding).map(({ term, scoreSoFar, leftOut }, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: terms stand in the order in which they count
              <tr key={index} className={term.counted ? undefined : 'left-out'}>
                <td className="nowrap">
                  <ClassName kind={term.class} />
                  <span className="fine">{shown(term.analytic, 60)}</span>
                </td>
                <td>
                  <Logged text={term.says} limit={800} />
                  <Measured measured={term.measured} />
                  <p className="fine">{formatWindow(term.window)} UTC</p>
                </td>
                <td className="num">
                  {formatProbability(term.likelihood)}
                  <Bar kind={term.class} value={term.likelihood} />
                </td>
                <td className="num">
                  {leftOut === '' ? formatProbability(scoreSoFar) : <span className="fine">{leftOut}</span>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="equation">{shown(scoreEquation(finding), 1500)}</p>
      <p className="fine">
        1 − ∏(1 − p): kinds of evidence that are independent add up; of one kind only the strongest counts.
      </p>
    </>
  );
}

function Measured({ measured }: { measured: Finding['terms'][number]['measured'] }) {
  return (
    <dl className="measured">
      {Object.entries(measured).map(([name, value]) => (
        <div key={name}>
          <dt>{shown(name, 60).replaceAll('_', ' ')}</dt>
          <dd>
            <Logged text={formatMeasured(name, value)} limit={300} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

const Bar = ({ kind, value }: { kind: EvidenceClass; value: number }) => (
  <svg className="likelihood" viewBox="0 0 100 5" preserveAspectRatio="none" aria-hidden="true">
    <rect className="rail" width="100" height="5" />
    <rect className={`fill ${kind}`} width={value * 100} height="5" />
  </svg>
);
