/** Types of serve-process.mjs, for tests. */

export interface ServeProcess {
  url: string;
  ask(path: string): Promise<{ status: number; text: string }>;
  /** Of the API. @throws unless it answers 200 */
  // biome-ignore lint/suspicious/noExplicitAny: whatever the API answers
  read(path: string): Promise<any>;
  send(lines: string, source?: string): Promise<{ status: number; text: string }>;
  kill(): Promise<unknown>;
}

export function serveIn(options?: {
  config?: object;
  folder?: string;
  args?: string[];
  env?: Record<string, string>;
}): Promise<{ home: string; start(): Promise<ServeProcess>; remove(): Promise<void> }>;
