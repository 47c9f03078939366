import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { contentFolder } from '../model/paths.js';
import { formatIssues, type LintIssue, lintStrategies } from './lint.js';

const STRATEGY = 'T1567-exfiltration-over-web-service';
const MARKDOWN = `${STRATEGY}/strategy.md`;
/** Only where a test puts it there. */
const REQUIREMENTS = 'requirements.yaml';

const SHIPPED = contentFolder('strategies');

let root: string;
/** Paths below the copy that the test at hand changes: put back after it, since copying all of it takes longer than any test. */
const changed = new Set<string>();

/** A path below the copy that this test changes. */
function changing(path: string): string {
  changed.add(path);
  return join(root, path);
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ads-lint-'));
  for (const folder of [STRATEGY, '_shared'])
    await cp(join(SHIPPED, folder), join(root, folder), { recursive: true });
});

afterEach(async () => {
  for (const path of changed) {
    await rm(join(root, path), { recursive: true, force: true });
    if (path !== REQUIREMENTS && existsSync(join(SHIPPED, path)))
      await cp(join(SHIPPED, path), join(root, path), { recursive: true });
  }
  changed.clear();
});

afterAll(() => rm(root, { recursive: true, force: true }));

/** Replaces the first `from` and returns the place (1-based) where it stood. */
async function edit(file: string, from: string, to: string): Promise<{ line: number; column: number }> {
  const text = await readFile(join(root, file), 'utf8');
  const offset = text.indexOf(from);
  if (offset < 0) throw new Error(`"${from}" is not in ${file}`);
  await writeFile(changing(file), text.slice(0, offset) + to + text.slice(offset + from.length));
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

/** The issues whose message holds `part`, with paths relative to the copy. */
async function issuesAbout(part: string): Promise<LintIssue[]> {
  const issues = await lintStrategies(root);
  return issues
    .filter((issue) => issue.message.includes(part))
    .map((issue) => ({ ...issue, file: issue.file.slice(root.length + 1) }));
}

describe('lintStrategies', () => {
  it('finds nothing wrong with the strategies we ship', async () => {
    expect(formatIssues(await lintStrategies(SHIPPED))).toBe('');
  });

  it('says file:line:column, severity, message and advice', async () => {
    const { line } = await edit(MARKDOWN, ' {quiet: quiet-telemetry-agent}', '');
    const text = formatIssues(await lintStrategies(root));
    expect(text).toContain(`${MARKDOWN}:${line}:1: error: bullet has no {quiet: …}: "A telemetry agent`);
    expect(text).toContain('(end it with a marker such as');
  });

  it('collects all problems of a folder instead of stopping at the first', async () => {
    await edit(MARKDOWN, '## Goal\n', '## Aim\n');
    await edit(MARKDOWN, '{quiet: quiet-telemetry-agent}', '{quiet: quiet-telemetry}');
    await edit(`${STRATEGY}/playbook.yaml`, 'id: sweep-fleet', 'id: sweep-the-fleet');
    const messages = (await lintStrategies(root)).map((issue) => issue.message);
    expect(messages).toEqual(
      expect.arrayContaining([
        'no section "Goal"',
        '"Aim" is no section of an ADS',
        'no quiet "quiet-telemetry"; did you mean "quiet-telemetry-agent"?',
        'quiet "quiet-telemetry-agent" has no bullet in strategy.md',
        'no step "sweep-fleet"; did you mean "sweep-the-fleet"?',
        'step "sweep-the-fleet" has no bullet in strategy.md',
      ]),
    );
  });

  it('names a section that is missing and one that is empty', async () => {
    await edit(MARKDOWN, '### Assumptions\n', '');
    expect(await issuesAbout('no section "Assumptions"')).toHaveLength(1);
    const { line } = await edit(
      MARKDOWN,
      '## Additional Resources\n',
      '## Additional Resources\n\n## Response\n',
    );
    expect(await issuesAbout('"Additional Resources" is empty')).toMatchObject([{ file: MARKDOWN, line }]);
    expect(await issuesAbout('stands twice')).toMatchObject([{ line: line + 2 }]);
  });

  it('points at a binding of the wrong kind, of an unknown kind and without target', async () => {
    const wrong = await edit(MARKDOWN, '{probe: intel-fresh}', '{misses: misses-drip-under-the-floor}');
    expect(await issuesAbout('which binds {probe: …}')).toMatchObject([{ file: MARKDOWN, ...wrong }]);
    const unknown = await edit(MARKDOWN, '{probe: clock-aligned}', '{proof: clock-aligned}');
    expect(await issuesAbout('"proof" is no kind of binding')).toMatchObject([
      { file: MARKDOWN, ...unknown },
    ]);
    const dangling = await edit(MARKDOWN, '{analytic: upload-tool}', '{analytic: upload-tools}');
    expect(await issuesAbout('no analytic "upload-tools"; did you mean "upload-tool"?')).toMatchObject([
      { file: MARKDOWN, ...dangling },
    ]);
  });

  it('asks a bullet for each scenario, analytic, probe and step', async () => {
    await cp(
      join(root, STRATEGY, 'scenarios/quiet-telemetry-agent'),
      changing(`${STRATEGY}/scenarios/quiet-second-agent`),
      { recursive: true },
    );
    await writeFile(
      changing(`${STRATEGY}/analytics/odd.sql`),
      '-- what: Odd?\n-- class: traffic\n-- role: context\n-- needs: egress\nSELECT 1\n',
    );
    expect(await issuesAbout('quiet "quiet-second-agent" has no bullet')).toMatchObject([
      { file: `${STRATEGY}/scenarios/quiet-second-agent/scenario.yaml`, line: 1 },
    ]);
    expect(await issuesAbout('analytic "odd" has no bullet')).toMatchObject([
      { file: `${STRATEGY}/analytics/odd.sql` },
    ]);
    await mkdir(changing(`${STRATEGY}/probes`));
    await writeFile(
      join(root, STRATEGY, 'probes/odd-clock.sql'),
      "-- what: Odd.\n-- when_not_ok: blind\nSELECT 1 AS ok, '' AS reason\n",
    );
    expect(await issuesAbout('probe "odd-clock" has no bullet')).toMatchObject([
      { file: `${STRATEGY}/probes/odd-clock.sql` },
    ]);
  });

  it('compares the parameters of the SQL with those declared', async () => {
    const sql = `${STRATEGY}/analytics/upload-ratio.sql`;
    const place = await edit(sql, '{upload_ratio_min:Float64}', '{upload_ratio_max:Float64}');
    expect(await issuesAbout('{upload_ratio_max:Float64} is no parameter')).toMatchObject([
      { file: sql, ...place },
    ]);
    const typed = await edit(sql, '{upload_ratio_floor_bytes:UInt64}', '{upload_ratio_floor_bytes:UInt32}');
    expect(await issuesAbout('is declared as UInt64')).toMatchObject([{ file: sql, ...typed }]);
  });

  it('points at a parameter nobody uses, and at a header that names one the SQL does not', async () => {
    const unused = await edit(
      MARKDOWN,
      'parameters:\n',
      'parameters:\n  left_over:\n    { type: UInt8, unit: x, default: 1, range: [0, 2], reason: none }\n',
    );
    expect(await issuesAbout('no analytic uses left_over')).toMatchObject([
      { file: MARKDOWN, line: unused.line + 2, column: 5 },
    ]);
    const sql = `${STRATEGY}/analytics/upload-tool.sql`;
    const header = await edit(sql, '-- parameters: ', '-- parameters: peers_min, ');
    expect(await issuesAbout('the SQL never uses {peers_min:…}')).toMatchObject([
      { file: sql, line: header.line },
    ]);
  });

  it('points at a default outside its range or its type', async () => {
    const low = await edit(MARKDOWN, 'default: 262144', 'default: 12');
    expect(await issuesAbout('volume_floor_bytes: 12 is not in [1024, 1073741824]')).toMatchObject([
      { file: MARKDOWN, line: low.line, column: low.column + 'default: '.length },
    ]);
    await edit(MARKDOWN, 'default: 24\n', 'default: 24.5\n');
    expect(await issuesAbout('history_windows_min: 24.5 is no UInt32')).toHaveLength(1);
  });

  it('points at thresholds, requirements and priorities that contradict', async () => {
    const single = await edit(MARKDOWN, 'openAtSingleClass: 0.85', 'openAtSingleClass: 0.5');
    expect(await issuesAbout('openAtSingleClass is below openAt')).toMatchObject([
      { line: single.line, column: 20 },
    ]);
    await edit(MARKDOWN, 'requires: [outbound-volume', 'requires: [nothing, exec-before-upload');
    expect(await issuesAbout('requires "nothing", which is no analytic')).toHaveLength(1);
    expect(await issuesAbout('requires "exec-before-upload", which is only context')).toHaveLength(1);
    const level = await edit(MARKDOWN, '  - level: medium', '  - level: low');
    await edit(MARKDOWN, '  - level: low\n    when: Every', '  - level: medium\n    when: Every');
    expect(await issuesAbout('medium stands below a lower level')).toHaveLength(1);
    expect(level.line).toBeGreaterThan(1);
  });

  it.each([
    ['title: Container uploads an unusual amount of data to a web service.', 'title ends in punctuation'],
    ['title: container uploads', 'title starts in lower case'],
    ['title: Detection of web exfiltration', 'title names the detecting'],
    [`title: Container ${'very '.repeat(15)}long`, 'title has'],
  ])('rejects the title in "%s"', async (title, message) => {
    const { line } = await edit(
      MARKDOWN,
      'title: Container uploads an unusual amount of data to a web service',
      title,
    );
    expect(await issuesAbout(message)).toMatchObject([{ file: MARKDOWN, line, column: 8 }]);
  });

  it('points at a link that is none', async () => {
    const place = await edit(MARKDOWN, 'https://attack.mitre.org/techniques/T1567/', 'attack.mitre.org');
    expect(await issuesAbout('"attack.mitre.org" is no https address')).toMatchObject([
      { file: MARKDOWN, ...place },
    ]);
  });

  it('points at a requirement that nothing carries', async () => {
    const place = await edit(MARKDOWN, 'E1.1: outbound-volume', 'E1.1: outbound');
    expect(await issuesAbout('E1.1 is carried by "outbound", which does not exist')).toMatchObject([
      { file: MARKDOWN, line: place.line, column: place.column + 6 },
    ]);
  });

  it('compares the name of a scenario with what it expects', async () => {
    await rename(
      changing(`${STRATEGY}/scenarios/fires-on-curl-upload`),
      changing(`${STRATEGY}/scenarios/misses-curl-upload`),
    );
    expect(await issuesAbout('misses-curl-upload expects a finding')).toHaveLength(1);
    await rename(
      join(root, STRATEGY, 'scenarios/misses-curl-upload'),
      changing(`${STRATEGY}/scenarios/curl-upload`),
    );
    expect(await issuesAbout('says neither fires-, quiet- nor misses-')).toHaveLength(1);
  });

  it('holds the text to what the front matter says of the technique', async () => {
    const section = await edit(MARKDOWN, '## Categorization', '## Categorization');
    await edit(MARKDOWN, '(TA0010)', '');
    expect(await issuesAbout('does not name TA0010')).toMatchObject([{ file: MARKDOWN, line: section.line }]);
    const tactic = await edit(MARKDOWN, 'tactic: exfiltration', 'tactic: impact');
    expect(await issuesAbout('T1567 belongs to Exfiltration, not impact')).toMatchObject([
      { file: MARKDOWN, line: tactic.line, column: 9 },
    ]);
    await edit(MARKDOWN, 'tactic: impact', 'tactic: exfil');
    expect(await issuesAbout('"exfil" is no tactic')).toHaveLength(1);
    await edit(MARKDOWN, "release: '19.1'", "release: '18.0'");
    expect(await issuesAbout('the pinned one is')).toHaveLength(1);
    await edit(MARKDOWN, 'detectionStrategy: DET0548', 'detectionStrategy: DET0000');
    expect(await issuesAbout('DET0000 is a placeholder')).toMatchObject([{ severity: 'warning' }]);
  });

  it('points at a need nobody can meet, at a priority without criterion, and at resources without a link', async () => {
    const need = await edit(
      `${STRATEGY}/analytics/upload-ratio.sql`,
      '-- needs: egress',
      '-- needs: egresses',
    );
    expect(await issuesAbout('upload-ratio needs "egresses"')).toMatchObject([{ line: need.line }]);
    const level = await edit(MARKDOWN, '    minScore: 0.75\n', '');
    expect(await issuesAbout('medium holds for every finding')).toMatchObject([
      { file: MARKDOWN, line: level.line - 2 },
    ]);
    await edit(MARKDOWN, 'Every other open finding.\n', 'Every other open finding.\n    minScore: 0.1\n');
    expect(await issuesAbout('a finding may meet no level')).toHaveLength(1);
    const text = await readFile(join(root, MARKDOWN), 'utf8');
    await writeFile(
      changing(MARKDOWN),
      text.replace(/## Additional Resources[\s\S]*$/, '## Additional Resources\n\nNone.\n'),
    );
    expect(await issuesAbout('"Additional Resources" has no link')).toHaveLength(1);
  });

  it('asks for something executable behind each promise of the technique', async () => {
    await cp(join(SHIPPED, REQUIREMENTS), changing(REQUIREMENTS));
    expect(formatIssues(await lintStrategies(root))).toBe('');
    await edit(MARKDOWN, '  E1.21: tell-stakeholders\n', '  E9.9: tell-stakeholders\n');
    expect(await issuesAbout('nothing carries E1.21: Response: tell those concerned')).toHaveLength(1);
    expect(await issuesAbout('E9.9 is no promise of T1567')).toHaveLength(1);
    await edit('requirements.yaml', 'E1.1: ', 'E1: ');
    expect(await issuesAbout('T1567.E1: ')).toMatchObject([{ file: 'requirements.yaml' }]);
  });

  it('names an input that is not there', async () => {
    await rm(changing(`${STRATEGY}/scenarios/quiet-package-download/conn.log`));
    expect(await issuesAbout('no file or folder "conn.log"')).toMatchObject([
      { file: expect.stringContaining('quiet-package-download'), line: 3, column: 10 },
    ]);
  });

  it('reports an unknown key, broken YAML and a bad SQL header at their place', async () => {
    const key = await edit(MARKDOWN, 'tactic: exfiltration', 'tactics: exfiltration');
    const issues = await issuesAbout('tactic');
    expect(issues.map((issue) => issue.check)).toContain('unreadable');
    expect(key.line).toBeGreaterThan(1);
    const yaml = await edit(
      `${STRATEGY}/playbook.yaml`,
      'title: Freeze the container',
      'title: "Freeze the container',
    );
    expect(await issuesAbout('not YAML')).toMatchObject([{ file: `${STRATEGY}/playbook.yaml` }]);
    expect(yaml.line).toBeGreaterThan(1);
    const header = await edit(
      `${STRATEGY}/analytics/upload-ratio.sql`,
      '-- class: traffic',
      '-- class: network',
    );
    expect(await issuesAbout('header "class"')).toMatchObject([
      { file: `${STRATEGY}/analytics/upload-ratio.sql`, line: header.line },
    ]);
  });

  it('holds containment steps to an approval and an end', async () => {
    await edit(`${STRATEGY}/playbook.yaml`, '    approval: one\n    expiresAfterSeconds: 14400\n', '');
    expect(await issuesAbout('a containment needs')).toMatchObject([
      { file: `${STRATEGY}/playbook.yaml` },
      {},
    ]);
  });
});
