import { describe, expect, test } from 'vitest';
import { guardTarget, refuseAddress } from '../remote/guard-target.js';
import { messageOf } from './message.js';
import { openChannels } from './open-channels.js';
import { configOf, noticeOf, SURROUNDINGS } from './testing/alerts.js';
import { HttpReceiver } from './testing/receiver.js';

const strict = { allow_private: false, insecure: false };
const open = { allow_private: true, insecure: true };

const resolving = (...addresses: string[]) => ({
  resolve: async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
});

describe('never, whatever is permitted', () => {
  test.each([
    '169.254.169.254',
    '169.254.0.1',
    '::ffff:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
    '::169.254.169.254',
    'fe80::1',
    'fd00:ec2::254',
    'fd20:ce::254',
    '100.100.100.200',
    '168.63.129.16',
    '0.0.0.0',
    '::',
    '224.0.0.1',
    'ff02::1',
    '255.255.255.255',
  ])('%s', async (address) => {
    expect(refuseAddress(address, open)).toMatch(/no receiver may be/);
    await expect(guardTarget(new URL('https://x.example/'), open, resolving(address))).rejects.toThrow(
      'no receiver may be',
    );
  });
});

describe('private addresses only where stated', () => {
  test.each([
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '100.64.0.1',
    'fc00::1',
    'fd12::1',
    '::ffff:10.0.0.1',
    '64:ff9b::a00:1',
  ])('%s', (address) => {
    expect(refuseAddress(address, strict)).toMatch(/allow_private: true/);
    expect(refuseAddress(address, open)).toBeNull();
  });

  test.each(['198.51.100.7', '1.1.1.1', '2606:4700::1111', '172.32.0.1', '100.128.0.1'])(
    '%s is public',
    (address) => {
      expect(refuseAddress(address, strict)).toBeNull();
    },
  );
});

describe('the URL', () => {
  const guard = (url: string, reach = strict, ...addresses: string[]) =>
    guardTarget(new URL(url), reach, resolving(...addresses));

  test('must be https, but for loopback by its own name or where insecure is stated', async () => {
    await expect(guard('http://x.example/', strict, '198.51.100.7')).rejects.toThrow('insecure: true');
    expect(await guard('http://x.example/', { ...strict, insecure: true }, '198.51.100.7')).toEqual({
      address: '198.51.100.7',
      family: 4,
    });
    expect(await guard('http://127.0.0.1:9/')).toEqual({ address: '127.0.0.1', family: 4 });
    expect(await guard('http://[::1]:9/')).toEqual({ address: '::1', family: 6 });
    expect((await guard('http://localhost:9/', strict, '127.0.0.1')).address).toBe('127.0.0.1');
    await expect(guard('ftp://x.example/')).rejects.toThrow('neither https nor http');
  });

  test('in other spellings means the same address', async () => {
    for (const host of ['2852039166', '0xa9fea9fe', '0251.0376.0251.0376', '[::ffff:a9fe:a9fe]']) {
      await expect(guard(`https://${host}/`, open)).rejects.toThrow('no receiver may be');
    }
    expect((await guard('http://0x7f.1/')).address).toBe('127.0.0.1');
  });

  test('whose name leads to loopback, or also to somewhere else, is refused', async () => {
    await expect(guard('https://x.example/', strict, '127.0.0.1')).rejects.toThrow('leads to loopback');
    await expect(guard('https://x.example/', strict, '198.51.100.7', '169.254.169.254')).rejects.toThrow();
    await expect(guard('https://localhost/', strict, '10.0.0.1')).rejects.toThrow('private');
    await expect(guard('https://x.example/', strict)).rejects.toThrow('no address');
  });
});

describe('a channel', () => {
  const parcel = () => ({ id: 'i', isRepeat: false, messages: [messageOf(noticeOf('opened'), 't')] });
  const webhook = (
    url: string,
    resolve: (name: string) => Promise<{ address: string; family: number }[]>,
    stated = {},
  ) =>
    openChannels([configOf({ type: 'webhook', url, ...stated })], { ...SURROUNDINGS, resolve })[0]!.channel;

  test('connects to the address that was checked, not to what the name says a moment later', async () => {
    await using receiver = await HttpReceiver.open();
    let asked = 0;
    const channel = webhook(
      `http://rebinding.example:${receiver.port}/`,
      async () => {
        asked += 1;
        return [{ address: asked === 1 ? '127.0.0.1' : '169.254.169.254', family: 4 }];
      },
      open,
    );
    expect(await channel.send(parcel())).toMatchObject({ outcome: 'taken' });
    expect(asked).toBe(1);
    expect(receiver.arrived[0]!.headers.host).toBe(`rebinding.example:${receiver.port}`);
    expect(await channel.send(parcel())).toMatchObject({ outcome: 'later' });
    expect(receiver.arrived).toHaveLength(1);
  });

  test('follows no redirect', async () => {
    await using target = await HttpReceiver.open();
    await using receiver = await HttpReceiver.open();
    receiver.answer = () => ({ status: 302, headers: { location: target.url } });
    const receipt = await webhook(receiver.url, SURROUNDINGS.resolve).send(parcel());
    expect(receipt).toMatchObject({
      outcome: 'later',
      answer: expect.stringContaining('redirects are not followed'),
    });
    expect(target.arrived).toEqual([]);
  });

  test('reads no more of an answer than a bound', async () => {
    await using receiver = await HttpReceiver.open();
    receiver.answer = () => ({ body: 'x'.repeat(5_000_000) });
    const receipt = await webhook(receiver.url, SURROUNDINGS.resolve).send(parcel());
    expect(receipt.outcome).toBe('taken');
    expect(receipt.answer.length).toBeLessThanOrEqual(300);
  });

  test('that nobody listens to says so', async () => {
    const receiver = await HttpReceiver.open();
    const { url } = receiver;
    await receiver[Symbol.asyncDispose]();
    const receipt = await webhook(url, SURROUNDINGS.resolve).send(parcel());
    expect(receipt).toMatchObject({ outcome: 'later', answer: expect.stringContaining('ECONNREFUSED') });
  });
});
