import { useState } from 'react';

const SAID_MS = 2000;

export function CopyButton({ text, label = 'Copy' }: { text: string; label?: string }) {
  const [said, setSaid] = useState('');
  const copy = async (): Promise<void> => {
    const done = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    );
    setSaid(done ? 'Copied' : 'This browser does not copy here: select the text');
    setTimeout(() => setSaid(''), SAID_MS);
  };
  return (
    <button type="button" className="small" onClick={copy}>
      <span aria-live="polite">{said || label}</span>
    </button>
  );
}

/** A command or a piece of configuration, to be taken along. */
export function Snippet({ text }: { text: string }) {
  return (
    <div className="snippet">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <pre tabIndex={0}>{text}</pre>
      <CopyButton text={text} />
    </div>
  );
}
