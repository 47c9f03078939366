import { closeSync, createReadStream, createWriteStream, openSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** Keeps what is piped to this process in a file. Afterwards there is no more. */
export async function keepStandardInput(file: string): Promise<void> {
  await pipeline(createReadStream('', { fd: 0, autoClose: false }), createWriteStream(file));
  shutStandardInput();
}

/** Puts nothing in the place of standard input, for libraries that would read it on their own account. */
export function shutStandardInput(): void {
  try {
    closeSync(0);
  } catch {
    // It was closed by who started us.
  }
  // The lowest free number: 0 again.
  openSync('/dev/null', 'r');
}
