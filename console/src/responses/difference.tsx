import type { PlanView } from '../../../src/respond/plan-view.js';
import { Logged } from '../text.js';

/** Every change to the letter: what goes, what comes. Said by sign and word, not by colour alone. */
export function Differences({ differences }: Pick<PlanView, 'differences'>) {
  return differences.map(({ where, before, after }, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: changes are what they are by their place
    <figure key={index} className="difference">
      <figcaption>
        <Logged text={where} limit={200} mono />
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <pre tabIndex={0}>
        {before.map((line, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines are what they are by their place
          <Line key={at} sign="−" says="goes" text={line} />
        ))}
        {after.map((line, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines are what they are by their place
          <Line key={at} sign="+" says="comes" text={line} />
        ))}
      </pre>
    </figure>
  ));
}

function Line({ sign, says, text }: { sign: '+' | '−'; says: 'goes' | 'comes'; text: string }) {
  return (
    <span className={says}>
      <span aria-hidden="true">{sign} </span>
      <span className="unseen">{says}: </span>
      <Logged text={text} limit={2000} />
    </span>
  );
}
