import { describe, expect, it } from 'vitest';
import { tacticOf } from './attack.js';
import { renderOcsf, toOcsf } from './ocsf.js';
import { sampleFindings } from './testing/sample-findings.js';
import { sampleResult } from './testing/sample-result.js';

/**
 * From the published schema, release 1.8.0 (github.com/ocsf/ocsf-schema, commit 3dcb905d, "v1.8.0 prep"):
 * events/base_event.json, events/findings/{finding,detection_finding}.json and objects/*.json. Rendered at
 * https://schema.ocsf.io/1.8.0/classes/detection_finding. `anyOf` is the schema's `at_least_one`.
 */
const RULES: Record<string, { required?: string[]; anyOf?: string[]; allowed: string[] }> = {
  '': {
    required: [
      'activity_id',
      'category_uid',
      'class_uid',
      'finding_info',
      'metadata',
      'severity_id',
      'time',
      'type_uid',
    ],
    allowed:
      'activity_name category_name class_name type_name severity status status_id start_time end_time message confidence confidence_id confidence_score is_alert evidences resources unmapped'.split(
        ' ',
      ),
  },
  metadata: { required: ['product', 'version'], allowed: ['correlation_uid'] },
  product: { anyOf: ['name', 'uid'], allowed: ['vendor_name', 'version'] },
  finding_info: {
    required: ['uid'],
    allowed:
      'title desc created_time first_seen_time last_seen_time analytic related_analytics attacks'.split(' '),
  },
  analytic: { required: ['type_id'], anyOf: ['name', 'uid'], allowed: ['type', 'category', 'desc'] },
  related_analytics: { required: ['type_id'], anyOf: ['name', 'uid'], allowed: ['type', 'category', 'desc'] },
  attacks: { anyOf: ['tactic', 'technique', 'sub_technique'], allowed: ['version'] },
  tactic: { anyOf: ['name', 'uid'], allowed: [] },
  technique: { anyOf: ['name', 'uid'], allowed: [] },
  sub_technique: { anyOf: ['name', 'uid'], allowed: [] },
  evidences: { anyOf: ['data', 'src_endpoint', 'dst_endpoint'], allowed: ['name', 'container'] },
  src_endpoint: { anyOf: ['ip', 'uid', 'name', 'domain'], allowed: ['port'] },
  dst_endpoint: { anyOf: ['ip', 'uid', 'name', 'domain'], allowed: ['port'] },
  container: { anyOf: ['uid', 'name'], allowed: ['image'] },
  image: { required: ['uid'], allowed: ['name'] },
  resources: { anyOf: ['name', 'uid'], allowed: ['type', 'ip'] },
};

/** Objects whose content is the producer's own (json_t and the `object` type). */
const FREE = new Set(['data', 'unmapped']);

function problemsOf(value: unknown, name: string, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item, i) => problemsOf(item, name, `${path}[${i}]`));
  if (value === null || value === undefined) return [`${path}: no value`];
  if (typeof value !== 'object' || FREE.has(name)) return [];
  const rule = RULES[name];
  if (rule === undefined) return [`${path}: no rule for this object`];
  const keys = Object.keys(value);
  const missing = (rule.required ?? []).filter((key) => !keys.includes(key));
  const known = [...(rule.required ?? []), ...(rule.anyOf ?? []), ...rule.allowed];
  return [
    ...missing.map((key) => `${path}.${key}: required`),
    ...(rule.anyOf && !rule.anyOf.some((key) => keys.includes(key))
      ? [`${path}: none of ${rule.anyOf}`]
      : []),
    ...keys.filter((key) => !known.includes(key)).map((key) => `${path}.${key}: not an attribute`),
    ...Object.entries(value).flatMap(([key, inner]) => problemsOf(inner, key, `${path}.${key}`)),
  ];
}

describe('toOcsf', () => {
  it('has what class detection_finding and its objects require, and no attribute they do not know', () => {
    const bare = {
      ...sampleFindings[2]!,
      destinations: [{ ip: '', port: 0, domain: '', bytes_out: 1 }],
      entity: { ...sampleFindings[2]!.entity, ip: null },
      terms: [],
    };
    for (const finding of [...sampleFindings, bare]) {
      expect(problemsOf(toOcsf(finding, sampleResult()), '', finding.uid)).toEqual([]);
    }
  });

  it('keeps the ids of the class consistent, and its enumerations within the schema', () => {
    for (const finding of sampleFindings) {
      const event = toOcsf(finding, sampleResult());
      expect(event.type_uid).toBe(event.class_uid * 100 + event.activity_id);
      expect(event.severity_id).toBeGreaterThanOrEqual(1);
      expect(event.severity_id).toBeLessThanOrEqual(5);
      expect([1, 3, 99]).toContain(event.status_id);
      expect(Number.isInteger(event.confidence_score)).toBe(true);
    }
  });

  it('says when the finding was made and when it happened, in milliseconds', () => {
    const event = toOcsf(sampleFindings[0]!, sampleResult());
    expect(event.time).toBe(Date.parse('2026-07-21T08:00:00Z'));
    expect([event.start_time, event.end_time]).toEqual([1_784_556_127_000, 1_784_557_181_000]);
    expect(event.message).toBe(sampleFindings[0]!.why);
  });

  it('names tactic, technique and sub-technique', () => {
    expect(toOcsf(sampleFindings[0]!, sampleResult()).finding_info.attacks[0]).toMatchObject({
      tactic: { uid: 'TA0010', name: 'Exfiltration' },
      technique: { uid: 'T1567' },
    });
    expect(toOcsf(sampleFindings[1]!, sampleResult()).finding_info.attacks[0]).toMatchObject({
      tactic: { uid: 'TA0009' },
      technique: { uid: 'T1074' },
      sub_technique: { uid: 'T1074.002', name: 'Remote data staging' },
    });
    expect(tacticOf('T9999')).toBeUndefined();
  });

  it('carries the container, destinations and evidence rows', () => {
    const { evidences, unmapped } = toOcsf(sampleFindings[0]!, sampleResult());
    expect(evidences[0]).toMatchObject({
      src_endpoint: { ip: '10.88.0.12' },
      dst_endpoint: { ip: '203.0.113.44', port: 443, domain: 'files.example.org' },
      container: { image: { name: 'registry.example.net/shop/payments-api:4.2.1' } },
    });
    expect(evidences).toHaveLength(2 + 19);
    expect(unmapped.stowaway).toMatchObject({ attribution: { method: 'ip+time', confidence: 0.95 } });
  });
});

describe('renderOcsf', () => {
  it('prints open and suppressed findings, one a line; only open ones are alerts', () => {
    const events = renderOcsf(sampleResult()).trimEnd().split('\n');
    expect(events.map((line) => JSON.parse(line)).map((event) => [event.is_alert, event.status])).toEqual([
      [true, 'New'],
      [true, 'New'],
      [true, 'New'],
      [false, 'Suppressed'],
    ]);
    expect(renderOcsf(sampleResult(), { all: true }).trimEnd().split('\n')).toHaveLength(5);
  });
});
