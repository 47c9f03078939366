import { execFileSync } from 'node:child_process';
import { LAB_IMAGE } from '../src/emulate/lab/image.js';
import { Lab } from '../src/emulate/lab/lab.js';
import { type ChildProcess, end, start } from '../src/host/child.js';
import { inNetns, PROGRAM_ENVIRONMENT } from '../src/host/programs.js';

/** A lab with a server outside of it that counts what it receives. */

const SINK = `
let received = 0;
require('node:http').createServer((request, answer) => {
  request.on('data', (bytes) => { received += bytes.length; });
  request.on('end', () => { answer.end('stored'); console.log(received); });
}).listen(80, '198.51.100.10', () => console.log('listening'));`;

export class SenseLab {
  readonly #sink: ChildProcess;
  #sinkSaid = '';

  private constructor(readonly lab: Lab) {
    this.#sink = start(inNetns(lab.netNamespace, [process.execPath, '-e', SINK]), {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.#sink.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.#sinkSaid += text;
    });
  }

  /** @throws LabUnavailable when this machine cannot */
  static async open(): Promise<SenseLab> {
    return new SenseLab(await Lab.open('docker'));
  }

  /** Bytes of request bodies the server outside has received. */
  get received(): number {
    return Number(this.#sinkSaid.trim().split('\n').at(-1));
  }

  /** Starts a container that sleeps, or runs a command; its id. */
  async run(name: string, argv = ['sleep', 'infinity']): Promise<string> {
    const { Id } = await this.lab.engine.post<{ Id: string }>(`/containers/create?name=${name}`, {
      Image: LAB_IMAGE,
      Cmd: argv,
      StopTimeout: 0,
      HostConfig: { NetworkMode: 'workloads' },
    });
    await this.lab.engine.post(`/containers/${Id}/start`);
    return Id;
  }

  /** Runs a program in the network of the lab's host; its output. */
  inNetns = (...argv: string[]): string => {
    const [program, ...args] = inNetns(this.lab.hostNamespace, argv);
    return execFileSync(program!, args, { env: PROGRAM_ENVIRONMENT, encoding: 'utf8' });
  };

  async close(): Promise<void> {
    await end(this.#sink);
    await this.lab.close();
  }
}
