import type { TransferTools } from './transfer-tools.js';
import { commandName } from './unwrap-command.js';

/**
 * Splits arguments that were joined with spaces. Quotes and operators are ordinary characters here, since no shell
 * read this line; only behind `sh -c` the rest is one argument, the script. What was one argument with spaces
 * elsewhere cannot be known.
 */
export function splitJoinedArgv(text: string, tools: TransferTools): string[] {
  const words: string[] = [];
  const pattern = /\S+/g;
  let hasShell = false;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const word = match[0];
    words.push(word);
    if (hasShell && /^-[a-zA-Z]*c$/.test(word)) {
      const script = text.slice(pattern.lastIndex).trimStart();
      return script === '' ? words : [...words, script];
    }
    if (hasShell && !/^[-+]/.test(word)) hasShell = false;
    if (tools.interpreters.get(commandName(word))?.firstOperand) hasShell = true;
  }
  return words;
}
