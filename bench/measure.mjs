// One measured run, in a process of its own: "floor FILE" is the engine alone, "hunt PATH" the whole product.
// Prints one JSON line.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@clickhouse/client';

const [kind, path] = process.argv.slice(2);

/** What the engine needs to load the file with types that fit, and nothing else. */
async function loadAlone(file) {
  const { createChdbConnection } = await import('chdb/connection');
  const folder = await mkdtemp(join(tmpdir(), 'stowaway-floor-'));
  const client = createClient({ connection: createChdbConnection({ path: folder }) });
  const columns = `ts Float64, uid String, \`id.orig_h\` String, \`id.orig_p\` UInt16, \`id.resp_h\` String, \`id.resp_p\` UInt16,
    proto LowCardinality(String), service LowCardinality(String), duration Nullable(Float64), orig_bytes Nullable(UInt64), resp_bytes Nullable(UInt64),
    conn_state LowCardinality(String), history String, orig_pkts UInt64, orig_ip_bytes UInt64, resp_pkts UInt64, resp_ip_bytes UInt64`;
  await client.command({
    query: `CREATE TABLE conn (${columns}) ENGINE = MergeTree ORDER BY (\`id.orig_h\`, \`id.resp_h\`, ts)`,
  });
  await client.command({
    query: `INSERT INTO conn SELECT * FROM file('${file}', JSONEachRow, '${columns.replaceAll('\n', ' ')}')`,
  });
  await client.close();
  await rm(folder, { recursive: true, force: true });
  return {};
}

async function huntThrough(target) {
  const { hunt } = await import('../dist/pipeline.js');
  const result = await hunt([target]);
  return {
    rejected: result.deadLetters.total,
    findings: result.report.findings.filter((finding) => finding.status === 'open').length,
  };
}

const outcome = kind === 'floor' ? await loadAlone(path) : await huntThrough(path);
console.log(JSON.stringify({ ...outcome, peakMb: Math.round(process.resourceUsage().maxRSS / 1024) }));
