import { Document, isScalar, visit } from 'yaml';
import { printable } from './names.js';
import {
  type Change,
  KINDS,
  type KubernetesObject,
  type KubernetesPlan,
  type Target,
  targetOf,
} from './objects.js';
import { type PolicyRule, rbacCautions } from './rbac.js';

export interface ManifestFile {
  /** Relative, made of checked names only. */
  path: string;
  text: string;
}

/** Words and shapes that some YAML reader takes for something else than text, so they are quoted. */
const PLAIN = /^[A-Za-z][A-Za-z0-9/.-]*[A-Za-z0-9]$/;
const NOT_TEXT = /^(?:y|n|yes|no|on|off|true|false|null|nan|inf)$/i;

/**
 * YAML that every reader understands alike: text is plain only where it cannot be anything else, else in double quotes, and all of it is
 * ASCII. Half surrogates, which no file can hold, become U+FFFD.
 */
export function toYaml(value: unknown): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_, node) {
      if (isScalar(node) && typeof node.value === 'string') {
        node.value = node.value.replace(/\p{Surrogate}/gu, '\ufffd');
        node.type = isPlain(node.value as string) ? 'PLAIN' : 'QUOTE_DOUBLE';
      }
    },
  });
  return document.toString({ lineWidth: 0, simpleKeys: true }).replace(/[^\n\x20-\x7e]/gu, asEscape);
}

const isPlain = (text: string): boolean => PLAIN.test(text) && !NOT_TEXT.test(text);

/** Only quoted text holds characters beyond ASCII, so an escape is always understood. */
function asEscape(char: string): string {
  const code = char.codePointAt(0)!;
  return code > 0xffff
    ? `\\U${code.toString(16).padStart(8, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** Comment lines. Nothing in the text can end the comment. */
const comment = (lines: string[]): string =>
  lines.map((line) => (line === '' ? '#' : `# ${printable(line)}`)).join('\n');

/**
 * The plan as files for a repository: one per change, in the order to run them, and the way back beside them. Objects are plain
 * manifests; a patch or deletion is a file for `kubectl`, whose command stands in its head.
 */
export function renderPlan(plan: KubernetesPlan): { apply: ManifestFile[]; revert: ManifestFile[] } {
  const folder = `${plan.action}-${plan.run}`;
  return {
    apply: plan.changes.map((change, at) => changeFile(plan, change, `${folder}/apply/${at + 1}`)),
    revert: plan.revert.map((change, at) => changeFile(plan, change, `${folder}/revert/${at + 1}`)),
  };
}

/** Role and binding as one file, with what has to be known before they are granted. */
export function renderRbac(objects: KubernetesObject[]): string {
  const role = objects[0]!;
  const head = [
    `Rights for ${role.metadata.name}`,
    ...rbacCautions(role.rules as PolicyRule[]),
    `Revert: kubectl delete -f this file.`,
  ];
  return `${comment(head)}\n${objects.map(toYaml).join('---\n')}`;
}

function changeFile(plan: KubernetesPlan, change: Change, prefix: string): ManifestFile {
  const target = change.verb === 'create' ? targetOf(change.object) : change.target;
  const path = `${prefix}-${change.verb}-${target.kind.toLowerCase()}.yaml`;
  const file = path.slice(path.lastIndexOf('/') + 1);
  const body = bodyOf(change);
  const lines = comment([...head(plan), '', `Run: ${command(change, target, file)}`]);
  const text = `${lines}\n${body === undefined ? '' : toYaml(body)}`;
  return { path, text };
}

function head(plan: KubernetesPlan): string[] {
  const list = (title: string, items: string[]) => ['', title, ...items.map((item) => `- ${item}`)];
  return [
    plan.title,
    ...(plan.approval === 'separate' ? ['NEEDS A SEPARATE APPROVAL: it hits more than one workload.'] : []),
    ...list('Does:', plan.does),
    ...list('Cannot:', plan.cannot),
    '',
    `Revert: ${plan.undo}`,
  ];
}

/** Undefined where the command alone does it: no file of a repository should look like an object that is to be deleted. */
function bodyOf(change: Change): unknown {
  if (change.verb === 'create') return change.object;
  if (change.verb === 'patch') return change.patch;
  if (change.verb === 'delete')
    return { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: change.uid } };
  return undefined;
}

/** Names in it were checked when the plan was made: none holds a space, a quote or a dollar sign. */
function command(change: Change, target: Target, file: string): string {
  const place = target.namespace === null ? '' : ` -n ${target.namespace}`;
  const resource = `${KINDS[target.kind].plural} ${target.name}`;
  switch (change.verb) {
    case 'create':
      return `kubectl create --save-config=false -f ${file}   # create, not apply: an object that is already there is left alone`;
    case 'patch':
      return `kubectl${place} patch ${resource} --type=json --patch-file ${file}`;
    case 'delete':
      return `kubectl delete --raw ${apiPath(target)} -f ${file}   # with its uid: a successor of the same name is left alone`;
    case 'delete-own':
      return `kubectl${place} delete ${KINDS[target.kind].plural} -l stowaway.dev/run=${change.run} --field-selector metadata.name=${target.name}`;
  }
}

function apiPath({ kind, namespace, name }: Target): string {
  const { apiVersion, plural } = KINDS[kind];
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${root}${namespace === null ? '' : `/namespaces/${namespace}`}/${plural}/${name}`;
}
