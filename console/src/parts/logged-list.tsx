import { Logged } from '../text.js';

/** Sentences in which names out of logs may stand, one a line. */
export function LoggedList({ texts, limit = 1000 }: { texts: string[]; limit?: number }) {
  return (
    <ul>
      {texts.map((text) => (
        <li key={text}>
          <Logged text={text} limit={limit} />
        </li>
      ))}
    </ul>
  );
}
