/** Names in requests are the client's own claims: none of them may hide where the bytes went. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hunting } from './hunting.js';

const { hunt } = hunting();

const ends = { 'id.orig_h': '10.20.0.5', 'id.orig_p': 40000, 'id.resp_h': '203.0.113.9', 'id.resp_p': 80 };

test.each(['http://x.internal/put', 'http://localhost/put', 'http://10.0.0.1/put'])(
  'an upload to an outside server is found though its request line says %s',
  async (uri) => {
    const folder = await mkdtemp(join(tmpdir(), 'stowaway-claimed-'));
    const sent = 200_000_000;
    const connection = {
      ts: 1795232000.5,
      uid: 'C1',
      ...ends,
      proto: 'tcp',
      service: 'http',
      duration: 20,
      orig_bytes: sent,
      resp_bytes: 500,
      conn_state: 'SF',
      orig_pkts: 150_000,
      orig_ip_bytes: sent + 7_800_000,
      resp_pkts: 9000,
      resp_ip_bytes: 468_500,
    };
    const host = new URL(uri).hostname;
    const request = {
      ts: 1795232000.6,
      uid: 'C1',
      ...ends,
      trans_depth: 1,
      method: 'POST',
      host,
      uri,
      user_agent: 'curl/8',
      request_body_len: sent,
      response_body_len: 100,
      status_code: 200,
    };
    await writeFile(join(folder, 'conn.log'), `${JSON.stringify(connection)}\n`);
    await writeFile(join(folder, 'http.log'), `${JSON.stringify(request)}\n`);
    const { report, mismatches } = await hunt([folder]);
    expect(mismatches).toEqual([]);
    const open = report.findings.filter((finding) => finding.status === 'open');
    expect(open.map((finding) => [finding.technique, finding.entity.name])).toEqual([['T1567', '10.20.0.5']]);
    expect(open[0]!.destinations[0]!.ip).toBe('203.0.113.9');
  },
);
