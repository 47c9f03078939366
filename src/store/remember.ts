import type { QueryParameters, Store } from './store.js';

/** The same store, asked each question once: for rows that no longer change and are judged several times. */
export function remembering(store: Store): Store {
  const answers = new Map<string, Promise<unknown[]>>();
  return {
    ...store,
    async rows<T>(sql: string, parameters: QueryParameters = {}, settings = {}): Promise<T[]> {
      const question = JSON.stringify([sql, parameters, settings]);
      const answer = answers.get(question) ?? store.rows<unknown>(sql, parameters, settings);
      answers.set(question, answer);
      // A list of their own for each who asks: some sort it.
      return [...(await answer)] as T[];
    },
  };
}
