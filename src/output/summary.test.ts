import { describe, expect, it } from 'vitest';
import { findingSteps, huntSteps } from './next-steps.js';
import { bytesSent, describeDestination, headline, sortFindings } from './summary.js';
import { sampleFindings } from './testing/sample-findings.js';
import { sampleReport, sampleResult } from './testing/sample-result.js';

describe('summary', () => {
  it('says in one sentence what happened and what could not be seen', () => {
    expect(headline(sampleResult())).toBe(
      '3 findings on 1 workload, 1 container and 1 address; 40 MB sent; T1020 degraded; T1567.001 blind.',
    );
    const quiet = { ...sampleReport(), findings: [], strategies: sampleReport().strategies.slice(0, 1) };
    expect(headline(sampleResult({ report: quiet, partial: true }))).toBe(
      'No findings; T1020 degraded; stopped before the end.',
    );
  });

  it('counts the bytes of one transfer once when two strategies find it', () => {
    const upload = sampleFindings[0]!;
    expect(bytesSent([upload, { ...upload, uid: 'other', strategy: 'T1020-automated-exfiltration' }])).toBe(
      17_852_000,
    );
  });

  it('sorts the same whatever the order before', () => {
    const order = sortFindings(sampleFindings).map((finding) => finding.uid);
    expect(sortFindings([...sampleFindings].reverse()).map((finding) => finding.uid)).toEqual(order);
    expect(order[0]).toBe('T1567-3f9a2c51');
  });

  it('writes addresses so that the port can be told', () => {
    expect(describeDestination({ ip: '2001:db8::1', port: 443, domain: '' })).toBe('[2001:db8::1]:443');
    expect(describeDestination({ ip: '', port: 443, domain: 'a.example' })).toBe('a.example:443');
  });
});

describe('next steps', () => {
  it('asks for a name first when nobody is named', () => {
    expect(findingSteps(sampleFindings[2]!)[0]).toContain('Find out which container it was');
  });

  it('puts no id on a command line that is not pure hex', () => {
    const upload = sampleFindings[0]!;
    const entity = { ...upload.entity, container_uid: '$(reboot)' };
    expect(findingSteps({ ...upload, entity }).join()).not.toContain('reboot');
    expect(findingSteps(upload).join()).toContain('docker inspect 9c41d7e2b0aa');
  });

  it('mentions --all only while candidates are hidden', () => {
    expect(huntSteps(sampleResult(), { all: false }).join()).toContain('--all to see 1 candidate');
    expect(huntSteps(sampleResult(), { all: true }).join()).not.toContain('--all');
  });
});
