import { expect, test } from 'vitest';
import { openLog } from './log.js';

const SECRET = 'stow_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdE';

const logOf = (write: (log: ReturnType<typeof openLog>) => void): string => {
  const lines: string[] = [];
  write(openLog({ write: (line) => void lines.push(line) }));
  return lines.join('');
};

test('secrets are left out, under whatever key and in texts', () => {
  const text = logOf((log) => {
    log.info(
      {
        authorization: `Bearer ${SECRET}`,
        headers: { cookie: 'a=b' },
        token: SECRET,
        deep: { password: 'p4ss' },
      },
      'x',
    );
    log.warn(`asked with ${SECRET} and Basic dXNlcjpwYXNzd29yZA==`);
    log.error({ err: new Error(`bad header: Splunk ${SECRET}`) }, 'x');
  });
  for (const secret of [SECRET.slice(5), 'a=b', 'p4ss', 'dXNlcjpwYXNz']) expect(text).not.toContain(secret);
  expect(text).toContain('[secret]');
});

test('a value neither ends its line nor commands a terminal', () => {
  const text = logOf((log) => log.info({ path: 'a\n{"level":"fatal"}\u001b[2J\u202e\u009b' }, 'x\ny'));
  expect(text.split('\n')).toHaveLength(2);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are looked for
  expect(text).not.toMatch(/[\u001b\u202e\u009b]/);
  expect(JSON.parse(text)).toMatchObject({
    level: 'info',
    msg: 'x\ny',
    time: expect.stringMatching(/^\d{4}-/),
  });
});
