import { type Content, readContent } from '../src/pipeline.js';

/** Our content, with every analytic asked in every tick: no test waits for seconds to pass. */
export async function impatientContent(options: Parameters<typeof readContent>[0] = {}): Promise<Content> {
  const content = await readContent(options);
  return { ...content, strategies: content.strategies.map((each) => ({ ...each, tickSeconds: 0 })) };
}
