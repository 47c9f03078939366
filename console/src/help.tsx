import { shortcutsNow } from './keys.js';
import { Dialog } from './parts/dialog.js';
import { change, useSettings } from './settings.js';

/** Every key that works on the screen at hand. */
export function Help({ onClose }: { onClose: () => void }) {
  const { singleKeys } = useSettings();
  return (
    <Dialog title="Keys" onClose={onClose} className="help">
      <label className="check">
        <input
          type="checkbox"
          checked={singleKeys}
          onChange={(event) => change({ singleKeys: event.target.checked })}
        />
        Shortcuts of single keys. Without them, everything is still reached with Tab, Enter and Ctrl K.
      </label>
      <div className={singleKeys ? 'groups' : 'groups off'}>
        {shortcutsNow().map(({ title, shortcuts }) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {shortcuts.map(({ keys, says }) => (
                <div key={keys}>
                  <dt>
                    {keys.split(' ').map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dt>
                  <dd>{says}</dd>
                </div>
              ))}
              {title === 'Everywhere' && (
                <div>
                  <dt>
                    <kbd>Ctrl</kbd>
                    <kbd>K</kbd>
                  </dt>
                  <dd>Find anything</dd>
                </div>
              )}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
