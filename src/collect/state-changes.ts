import type { InputStatus } from './intake.js';

/** Each call gives the inputs whose state or reason is another than at the call before; the first one, all. */
export function stateChanges(status: () => InputStatus[]): () => InputStatus[] {
  let before: string[] = [];
  return () => {
    const now = status();
    const changed = now.filter((one, index) => saysOf(one) !== before[index]);
    before = now.map(saysOf);
    return changed;
  };
}

const saysOf = ({ state, reason }: InputStatus): string => `${state} ${reason}`;
