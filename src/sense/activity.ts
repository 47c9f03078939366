import { ActivitySensor } from './activity-sensor.js';
import { AuditSensor } from './audit-sensor.js';
import type { Sensor, SensorStatus } from './sensor.js';

/** How commands and files are watched: by tracepoints where they can be had and audit otherwise, or by audit in any case. */
export type ActivityMeans = 'best' | 'audit';

/** Commands, connections and files of containers, by the best means this kernel and host offer. */
export class Activity implements Sensor {
  #sensor: Sensor;

  constructor(
    readonly folder: string,
    readonly means: ActivityMeans,
    readonly rotateBytes?: number,
  ) {
    this.#sensor =
      means === 'audit'
        ? new AuditSensor(folder, 'it was asked for', rotateBytes)
        : new ActivitySensor(folder, rotateBytes);
  }

  async start(): Promise<void> {
    await this.#sensor.start();
    const { state, reason } = this.#sensor.status();
    if (this.means === 'audit' || state !== 'off') return;
    await this.#sensor.stop();
    this.#sensor = new AuditSensor(this.folder, reason, this.rotateBytes);
    await this.#sensor.start();
  }

  status(): SensorStatus {
    return this.#sensor.status();
  }

  stop(): Promise<void> {
    return this.#sensor.stop();
  }
}
