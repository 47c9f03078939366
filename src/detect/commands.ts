import { interestingNeedles, parseCommand } from '../model/command-line/parse-command.js';
import type { Store } from '../store/store.js';

/** Distinct command lines parsed per hunt; beyond it the hunt says that it stopped looking. */
const MAX_COMMAND_LINES = 200_000;
const PAGE = 10_000;

/** Reads the grammar of transfer tools, which takes a tenth of a second, before it is needed. */
export function readCommandGrammar(): void {
  interestingNeedles();
}

interface CommandLine {
  hash: string;
  cmd_line: string;
  is_complete: number;
  is_joined: number;
}

/**
 * Parses every command line that may transfer something, wherever it was seen: as a process, in an engine's exec event,
 * in an API server's audit log, as a container's own command. Returns how many distinct lines were left unread.
 */
export async function deriveCommands(store: Store): Promise<{ unread: number }> {
  await store.run('TRUNCATE TABLE command');
  await store.run('DROP TABLE IF EXISTS command_fact');
  await store.run(COMMAND_FACT);
  const needles = interestingNeedles().map((needle) => needle.toLowerCase());
  const total = (
    await store.rows<{ n: number }>(`SELECT uniqExact(hash) AS n FROM (${COMMANDS_SEEN}) WHERE ${MENTIONS}`, {
      needles,
    })
  )[0]!.n;
  let after = '0';
  for (let read = 0; read < Math.min(total, MAX_COMMAND_LINES); ) {
    const page = await store.rows<CommandLine>(
      `SELECT toString(hash) AS hash, any(cmd_line) AS cmd_line, any(is_complete) AS is_complete, any(is_joined) AS is_joined
       FROM (${COMMANDS_SEEN}) WHERE ${MENTIONS} AND hash > {after:UInt64} GROUP BY hash ORDER BY toUInt64(hash) LIMIT ${PAGE}`,
      { needles, after },
    );
    if (page.length === 0) break;
    await store.insert('command_fact', page.flatMap(factsOf));
    after = page.at(-1)!.hash;
    read += page.length;
  }
  await store.run(FILL_COMMANDS);
  await store.run('DROP TABLE command_fact');
  return { unread: Math.max(0, total - MAX_COMMAND_LINES) };
}

/** One row per transfer; a line without any still tells of loops and terminals. */
function factsOf(line: CommandLine): Record<string, unknown>[] {
  const facts = parseCommand(line.cmd_line, {
    truncated: line.is_complete === 0,
    joinedArgv: line.is_joined === 1,
  });
  const common = {
    hash: line.hash,
    is_interactive: Number(facts.isInteractive),
    is_loop: Number(facts.isLoop),
    loop_pause: facts.loopPause,
    has_scheduler: Number(facts.hasScheduler),
    packs: facts.archives.slice(0, 8).map(({ tool, kind, target, isPiped }) => ({
      ...{ tool, kind, target: target ?? (isPiped ? '|' : '') },
    })),
  };
  if (facts.transfers.length === 0) return [common];
  return facts.transfers.slice(0, 32).map((transfer) => ({
    ...common,
    tool: transfer.tool,
    direction: transfer.direction,
    protocol: transfer.protocol,
    host: transfer.host ?? '',
    port: transfer.port ?? 0,
    source_files: transfer.sourceFiles.slice(0, 16),
    evidence: transfer.evidence.slice(0, 200),
    in_loop: Number(transfer.inLoop),
    confidence: transfer.confidence,
  }));
}

const COMMAND_FACT = `
CREATE TABLE command_fact (
  hash UInt64, is_interactive UInt8, is_loop UInt8, loop_pause Float32, has_scheduler UInt8, packs Array(Tuple(tool String, kind String, target String)), tool String, direction String, protocol String,
  host String, port UInt16, source_files Array(String), evidence String, in_loop UInt8, confidence Float32
) ENGINE = MergeTree ORDER BY hash`;

/** Every place a command line can be seen, in one shape. */
const COMMANDS_SEEN = `
SELECT *, cityHash64(cmd_line, is_complete, is_joined) AS hash FROM (
  SELECT time, time_error, container_uid, container_name AS name, container_image AS image, pod, namespace, 'process' AS seen_by, cmd_line,
    cmd_line_complete AS is_complete, cmd_line_joined AS is_joined, toUInt8(0) AS told_interactive, toUInt8(0) AS is_exec, source, file, line, load_id
  FROM process_activity WHERE cmd_line != '' AND (container_uid NOT IN ('', 'host') OR container_name != '' OR pod != '')
  UNION ALL
  SELECT time, 0, container_uid, container_name, container_image, if(resource_type = 'pods', resource_name, ''), namespace, 'orchestration', cmd_line,
    toUInt8(1), cmd_line_joined, is_interactive, startsWith(api_operation, 'exec') OR subresource = 'exec', source, file, line, load_id
  FROM api_activity WHERE cmd_line != '' AND api_operation != 'exec_start'
  UNION ALL
  SELECT valid_from, 0, container_uid, container_name, image, pod, namespace, 'orchestration', cmd_line, toUInt8(1), toUInt8(0), toUInt8(0), toUInt8(0), source, file, line, load_id
  FROM container_inventory WHERE cmd_line != ''
)`;

/** A word may also be broken by quotes, or be a variable's: `c''url`, `t=cu; ${'$'}{t}rl`. */
const MENTIONS = `(multiSearchAny(lower(cmd_line), {needles:Array(String)})
  OR multiSearchAny(cmd_line, ['\\'', '"', '\\\\']) AND multiSearchAny(lower(replaceRegexpAll(cmd_line, '[\\'"\\\\\\\\]+', '')), {needles:Array(String)})
  OR match(cmd_line, '(?:^|[;&|(]\\\\s*|\\\\bsh -c )"?[$]\\\\{?[A-Za-z_]'))`;

const FILL_COMMANDS = `
INSERT INTO command
SELECT s.time, s.time_error,
  multiIf(c.entity_id != '', c.entity_id, s.pod != '', concat('workload:', s.namespace, '/', s.pod), s.name != '', concat('workload:', s.name),
    s.image != '', concat('workload:', s.image), concat('container:', substring(s.container_uid, 1, 12))) AS entity_id,
  s.container_uid, s.seen_by, s.cmd_line, s.is_complete, greatest(f.is_interactive, s.told_interactive), f.is_loop, f.loop_pause, f.has_scheduler, f.packs, f.tool, f.direction, f.protocol,
  f.host, f.port, f.source_files, f.evidence, f.in_loop, f.confidence, s.is_exec, s.load_id IN (SELECT load_id FROM load WHERE is_baseline), s.source, s.file, s.line
FROM (${COMMANDS_SEEN}) AS s
JOIN command_fact AS f ON f.hash = s.hash
LEFT ANY JOIN container AS c ON c.short_uid = substring(s.container_uid, 1, 12)`;
