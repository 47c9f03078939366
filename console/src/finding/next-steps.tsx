import type { Finding } from '../../../src/model/hunt-result.js';
import { findingSteps } from '../../../src/output/next-steps.js';
import { Snippet } from '../parts/copy.js';
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
      <p>An allowance has a reason, an owner and a last day; the preview says what it would have hidden.</p>
      <Snippet text="stowaway allow preview --help" />
    </>
  );
}
