import { WEEK } from '../../../src/output/describe-schedule.js';
import type { Draft } from './entry.js';

const ZONES = Intl.supportedValuesOf('timeZone');

/** Days and hours at which it is allowed; without, at any time. */
export function When({ draft, set }: { draft: Draft; set: (change: Partial<Draft>) => void }) {
  return (
    <>
      <label className="check">
        <input
          type="checkbox"
          checked={draft.hasHours}
          onChange={(event) => set({ hasHours: event.target.checked })}
        />
        Only on some days or at some hours
      </label>
      {draft.hasHours && (
        <>
          <Days draft={draft} set={set} />
          <div className="hours">
            <Clock label="From" value={draft.from} onTime={(from) => set({ from })} />
            <Clock label="To" value={draft.to} onTime={(to) => set({ to })} />
            <label>
              Time zone
              <input
                value={draft.timeZone}
                list="time-zones"
                maxLength={60}
                required
                onChange={(event) => set({ timeZone: event.target.value })}
              />
            </label>
          </div>
          <datalist id="time-zones">
            {['UTC', ...ZONES].map((zone) => (
              <option key={zone} value={zone} />
            ))}
          </datalist>
          <p className="fine">
            {draft.to <= draft.from ? 'It ends on the day after. ' : ''}A finding must lie wholly within.
          </p>
        </>
      )}
    </>
  );
}

function Days({ draft, set }: { draft: Draft; set: (change: Partial<Draft>) => void }) {
  return (
    <fieldset className="days">
      <legend>Days on which it begins</legend>
      {WEEK.map((day) => (
        <label key={day} className="check">
          <input
            type="checkbox"
            checked={draft.days.includes(day)}
            onChange={({ target }) =>
              set({ days: WEEK.filter((one) => (one === day ? target.checked : draft.days.includes(one))) })
            }
          />
          {day}
        </label>
      ))}
    </fieldset>
  );
}

function Clock({ label, value, onTime }: { label: string; value: string; onTime: (time: string) => void }) {
  return (
    <label>
      {label}
      <input type="time" value={value} required onChange={(event) => onTime(event.target.value)} />
    </label>
  );
}
