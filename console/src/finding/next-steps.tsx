import type { Finding } from '../../../src/model/hunt-result.js';
import { findingSteps } from '../../../src/output/next-steps.js';
import { Logged } from '../text.js';

/** What an analyst does next. */
export function NextSteps({ finding }: { finding: Finding }) {
  return (
    <>
      <ol className="steps">
        {findingSteps(finding).map((step) => (
          <li key={step}>
            <Logged text={step} />
          </li>
        ))}
      </ol>
      <h3>Say that it was meant</h3>
      <p>
        An allowance has a reason, an owner and a last day; <kbd>m</kbd> begins one as narrow as this finding,
        and says what it would hide.
      </p>
    </>
  );
}
