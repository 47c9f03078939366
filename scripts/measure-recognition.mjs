#!/usr/bin/env node
// Recognises every file below a folder of other people's logs and prints, as Markdown, what each kind was taken for: rows are what the files are,
// by their place and name (the rules below, first one that fits), columns what `stowaway sources detect` says.
// usage: node scripts/measure-recognition.mjs FOLDER [DETECTED.json]
//   DETECTED.json   what `stowaway sources detect FOLDER --format json` printed before
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const [root, before] = process.argv.slice(2);
if (!root) {
  console.error('usage: node scripts/measure-recognition.mjs FOLDER [DETECTED.json]');
  process.exit(1);
}

/** A pattern of the path, what such a file is, and the products it may be taken for: nothing where no log is. */
const TRUTH = [
  [
    /(LICENSE|README|\.md$|\.assert$|labels\.config|\/_meta\/|\.txt$)(?<!conntrack-[EL]\.txt)(?<!syslog-test\.txt)/,
    'text about the logs',
    [],
  ],
  [/\.pcap(ng)?(\.gz)?$/, 'packet capture', ['tcpdump']],
  [/panther|sekoia/, 'test cases with a log inside', ['web servers']],
  [/\.nfdump$/, 'nfdump, binary', []],
  [/(binetflow|argus-)/, 'Argus', ['Argus']],
  [/rita\/.*(text_file|truncated|malformed|invalid|empty)/, 'Zeek, damaged on purpose', ['Zeek']],
  [
    /(^|\/)(eve|standard)[^/]*\.json|suricata[^/]*\.json|crowdsec\/.*suricata-(eve|logs-eve)/,
    'Suricata EVE',
    ['Suricata'],
  ],
  [/docker-events-json/, 'Docker', ['Docker']],
  [/docker-events-default/, 'Docker, in words', ['Docker']],
  [/hubble/, 'Hubble', ['Cilium Hubble']],
  [/vpcflow\//, 'AWS VPC flow', ['Amazon VPC']],
  [/conntrack\//, 'conntrack', ['netfilter']],
  [/k8s-audit|crowdsec\/.*k8s|k8saudit/, 'Kubernetes audit', ['Kubernetes', 'Falco']],
  [/git-http-push|registry-push/, 'access log of git or a registry', ['web servers', 'Docker Distribution']],
  [/github-git-events/, 'GitHub', ['GitHub']],
  [/runtime-samples\/falco/, 'Falco', ['Falco']],
  [/runtime-samples\/tetragon/, 'Tetragon', ['Tetragon']],
  [/runtime-samples\/tracee/, 'Tracee', ['Tracee']],
  [/runtime-samples\/kubearmor/, 'KubeArmor', ['KubeArmor']],
  [/runtime-samples\/inspektor/, 'Inspektor Gadget', ['Inspektor Gadget']],
  [/crowdsec\/.*auditd/, 'Linux audit', ['Linux audit']],
  [/crowdsec\/.*(pf-|sympa)/, 'another program, by syslog', ['syslog']],
  [/crowdsec\/.*(iptables|nftables)/, 'firewall lines of the kernel', ['netfilter', 'syslog']],
  [
    /crowdsec\/.*(nginx|apache|http|traefik|haproxy|caddy|zoraxy|docker-logs|litespeed|bunkerweb)/,
    'web server or proxy',
    ['web servers', 'Traefik', 'HAProxy', 'Squid', 'Istio'],
  ],
  [/vast-m57\/vast\/integration\/data\/json\/[a-z]+(-[a-z]+)*\.json$/, 'JSON that is no log', []],
  [/(rita|corelight|stopddos|stratosphere|slips|zed|vast-m57|ocsf-examples|zeek-btest)\//, 'Zeek', ['Zeek']],
];

const products = new Map(
  JSON.parse(run('list')).sources.map(({ id, product }) => [id, product.replace(/ \(.*| with .*/, '')]),
);
const detected = JSON.parse(before ? readFileSync(before, 'utf8') : run('detect', root)).files;
const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name));

function run(...args) {
  const main = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'cli', 'main.js');
  return execFileSync(process.execPath, [main, 'sources', ...args, '--format', 'json'], {
    maxBuffer: 1 << 28,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

const table = new Map();
const wrong = [];
for (const file of files.sort()) {
  const path = relative(root, file);
  const [, kind, allowed] = TRUTH.find(([pattern]) => pattern.test(path)) ?? [null, 'something else', []];
  const taken = [
    ...new Set(
      detected
        .filter((one) => one.path === file || one.path.startsWith(`${file}!`))
        .map(({ source }) => (source ? products.get(source) : 'unknown')),
    ),
  ].sort();
  const name = taken.join(' and ') || 'unknown';
  const row = table.get(kind) ?? new Map();
  table.set(kind, row.set(name, (row.get(name) ?? 0) + 1));
  if (taken.some((one) => one !== 'unknown' && !allowed.some((product) => one.startsWith(product))))
    wrong.push(`${path}: ${name}`);
}

const count = [...table.values()].flatMap((row) => [...row.values()]).reduce((sum, n) => sum + n, 0);
console.log(`${count} files; ${wrong.length} taken for what they are not.\n`);
console.log('| what the files are | files | taken for (files) |');
console.log('|---|---|---|');
for (const [kind, row] of [...table].sort(([a], [b]) => a.localeCompare(b))) {
  const all = [...row.values()].reduce((sum, n) => sum + n, 0);
  const cells = [...row].sort((a, b) => b[1] - a[1]).map(([name, n]) => `${name} ${n}`);
  console.log(`| ${kind} | ${all} | ${cells.join(', ')} |`);
}
if (wrong.length > 0)
  console.log(`\nTaken for what they are not:\n${wrong.map((line) => `- ${line}`).join('\n')}`);
process.exitCode = wrong.length > 0 ? 1 : 0;
