import MarkdownIt from 'markdown-it';
import type Token from 'markdown-it/lib/token.mjs';
import { createElement, Fragment, type ReactNode } from 'react';
import { Snippet } from './parts/copy.js';

/** HTML in the text stays text. Tokens become React elements: no markup is ever written as a string. */
const parser = new MarkdownIt({ html: false, linkify: false });

/** What a bullet is bound to, at its end: `{misses: misses-a-slow-drip}`. */
const MARKER = /\{([a-z]+):\s*([A-Za-z0-9_.-]+)\s*\}/g;

export default function Markdown({ text }: { text: string }) {
  return <div className="markdown">{nested(parser.parse(text, {}))}</div>;
}

const ELEMENTS: Record<string, string> = { h1: 'h4', h2: 'h4', h3: 'h4' };
const ALLOWED = new Set(
  'p ul ol li strong em table thead tbody tr th td h4 h5 h6 blockquote hr br'.split(' '),
);

/** Opening and closing tokens become elements around what is between them. */
function nested(tokens: readonly Token[]): ReactNode[] {
  const stack: { token: Token | null; children: ReactNode[] }[] = [{ token: null, children: [] }];
  for (const [index, token] of tokens.entries()) {
    const top = stack.at(-1)!;
    if (token.nesting === 1) stack.push({ token, children: [] });
    else if (token.nesting === -1) {
      const { token: opened, children } = stack.pop()!;
      stack.at(-1)!.children.push(elementOf(opened!, children, index));
    } else top.children.push(leafOf(token, index));
  }
  return stack[0]!.children;
}

function elementOf(token: Token, children: ReactNode[], key: number): ReactNode {
  if (token.hidden) return <Fragment key={key}>{children}</Fragment>;
  if (token.tag === 'a') return linkOf(token, children, key);
  const tag = ELEMENTS[token.tag] ?? token.tag;
  return createElement(ALLOWED.has(tag) ? tag : 'span', { key }, ...children);
}

/** Only the web is linked to, and without telling it where from; what points into the repository stays text. */
function linkOf(token: Token, children: ReactNode[], key: number): ReactNode {
  const target = String(token.attrGet('href') ?? '');
  if (!/^https?:\/\//.test(target)) return <span key={key}>{children}</span>;
  return (
    <a key={key} href={target} rel="noreferrer noopener" target="_blank">
      {children}
    </a>
  );
}

function leafOf(token: Token, key: number): ReactNode {
  switch (token.type) {
    case 'inline':
      return <Fragment key={key}>{nested(token.children ?? [])}</Fragment>;
    case 'text':
      return <Fragment key={key}>{marked(token.content)}</Fragment>;
    case 'softbreak':
      return ' ';
    case 'hardbreak':
      return <br key={key} />;
    case 'code_inline':
      return <code key={key}>{token.content}</code>;
    case 'fence':
    case 'code_block':
      return <Snippet key={key} text={token.content.trimEnd()} />;
    case 'hr':
      return <hr key={key} />;
    default:
      return token.content;
  }
}

/** Markers as what they are: the name of the proof. */
function marked(text: string): ReactNode[] {
  const parts: ReactNode[] = [];
  let at = 0;
  for (const match of text.matchAll(MARKER)) {
    parts.push(
      text.slice(at, match.index),
      <span key={match.index} className="proof">
        {match[1]} <code>{match[2]}</code>
      </span>,
    );
    at = match.index + match[0].length;
  }
  return [...parts, text.slice(at)];
}
