import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createTransport } from 'nodemailer';
import type { ConfigOf } from '../../model/notify-config.js';
import { clip, forHtml } from '../../output/escape.js';
import { cover, type Secret, SecretError, secretOf } from '../../remote/secret.js';
import type { Channel, Receipt } from '../channel.js';
import { clean } from '../clean.js';
import { digestTitle, type Message, type Parcel } from '../message.js';
import type { Surroundings } from '../surroundings.js';

/** Messages of a digest that are listed; the others are counted. */
const MOST_LISTED = 100;

/** Mail by SMTP. The Message-ID is the same on each attempt; servers rarely drop a second one, mail programs often do. */
export function openEmail(config: ConfigOf<'email'>, surroundings: Surroundings): Channel {
  const password = secretOf('secret', { file: config.secret_file, env: config.secret_env }, surroundings);
  return {
    grouping: 'hold',
    canJoin: true,
    send: (parcel) => send({ config, parcel, password, timeoutMs: surroundings.timeoutMs }),
  };
}

interface Posting {
  config: ConfigOf<'email'>;
  parcel: Parcel;
  password: Secret;
  /** Of each step of the protocol. */
  timeoutMs: number;
}

async function send({ config, parcel, password, timeoutMs }: Posting): Promise<Receipt> {
  let secret: string | null = null;
  const { from, to, host, port } = config;
  try {
    secret = await password();
    const transport = createTransport(await smtpOptions(config, secret, timeoutMs));
    const { response, rejected } = await transport.sendMail({ from, to, ...mailOf(parcel, from) });
    const refused = rejected.length === 0 ? '' : `; refused for ${rejected.join(', ')}`;
    return { outcome: 'taken', answer: clean(cover(response + refused, [secret]), 300) };
  } catch (error) {
    const { responseCode, message } = error as Error & { responseCode?: number };
    const text = error instanceof SecretError ? message : `${host}:${port}: ${message}`;
    // 552 and 554 are about this message; every other refusal is about us, the server or the mailbox.
    const isRefused = responseCode === 552 || responseCode === 554;
    return { outcome: isRefused ? 'refused' : 'later', answer: clean(cover(text, [secret]), 300) };
  }
}

async function smtpOptions(config: ConfigOf<'email'>, secret: string | null, timeoutMs: number) {
  const ca = config.ca_file === undefined ? undefined : await readFile(config.ca_file);
  return {
    host: config.host,
    port: config.port,
    secure: config.security === 'tls',
    requireTLS: config.security === 'starttls',
    ignoreTLS: config.security === 'none',
    ...(config.user !== undefined && secret !== null && { auth: { user: config.user, pass: secret } }),
    ...(ca && { tls: { ca } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    // No text of a message names a file or an address to be fetched.
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** Ids as headers may hold them: of letters and digits, whatever they were. */
const messageId = (text: string, from: string): string =>
  `<${createHash('sha256').update(text).digest('hex').slice(0, 40)}@${from.split('@')[1]}>`;

function mailOf({ id, isRepeat, messages }: Parcel, from: string) {
  const first = messages[0]!;
  const isOne = messages.length === 1;
  const title = isOne ? first.title : digestTitle(messages);
  const foot = `Stowaway ${clean(id, 200)}${isRepeat ? ' (may repeat an earlier message of this id)' : ''}`;
  return {
    // One line of clean text: nothing in it begins another header.
    subject: clip(`[Stowaway] ${title}`, 200),
    messageId: messageId(id, from),
    ...(isOne && { references: messageId(`thread ${first.thread}`, from) }),
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Stowaway-Id': messageId(id, from).slice(1, 41) },
    text: [...(isOne ? textOf(first) : listOf(messages)), '', foot, ''].join('\n'),
    html: `<!doctype html><meta charset="utf-8"><h2>${forHtml(title)}</h2>${isOne ? htmlOf(first) : htmlListOf(messages)}<p><small>${forHtml(foot)}</small></p>`,
  };
}

function textOf({ title, why, facts, next }: Message): string[] {
  const lines = facts.map(({ label, value }) => `${label}: ${value}`);
  return [title, '', why, '', ...lines, ...(next === '' ? [] : ['', next])];
}

function htmlOf({ why, facts, next }: Message): string {
  const rows = facts.map(
    ({ label, value }) => `<tr><th align="left">${forHtml(label)}</th><td>${forHtml(value)}</td></tr>`,
  );
  const command = next === '' ? '' : `<pre>${forHtml(next)}</pre>`;
  return `<p>${forHtml(why)}</p><table>${rows.join('')}</table>${command}`;
}

function listOf(messages: readonly Message[]): string[] {
  const more = messages.length - MOST_LISTED;
  return [
    ...messages.slice(0, MOST_LISTED).flatMap(({ title, why, next }) => [title, `  ${why}`, `  ${next}`]),
    ...(more > 0 ? [`and ${more} more: stowaway findings list`] : []),
  ];
}

const htmlListOf = (messages: readonly Message[]): string =>
  `<pre>${listOf(messages).map(forHtml).join('\n')}</pre>`;
