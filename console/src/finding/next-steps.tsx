import type { Finding } from '../../../src/model/hunt-result.js';
import { findingSteps } from '../../../src/output/next-steps.js';
import { Snippet } from '../parts/copy.js';
import { Logged } from '../text.js';

/** What an analyst does next. Commands hold the uid alone: nothing that came out of a log. */
export function NextSteps({ finding, uid }: { finding: Finding; uid: string }) {
  const id = /^[0-9a-f]{16}$/.test(uid) ? uid : 'UID';
  return (
    <>
      <ol className="steps">
        {findingSteps(finding).map((step) => (
          <li key={step}>
            <Logged text={step} />
          </li>
        ))}
      </ol>
      <h3>Plan a response</h3>
      <p>Nothing is done by this: a plan says what it would do, asks for approval, and expires by itself.</p>
      <Snippet
        text={`stowaway findings export -o findings.json\nstowaway respond plan ${id} --findings findings.json`}
      />
      <h3>Say that it was meant</h3>
      <p>
        An allowance has a reason, an owner and a last day; <kbd>m</kbd> begins one as narrow as this finding,
        and says what it would hide.
      </p>
    </>
  );
}
