import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { detectCompression, openPlain } from './open-plain.js';
import { prepare, Spool } from './prepare.js';

/** Written by xz 5.4: 100 lines in blocks of 8 KiB, and 20 more in a stream of their own behind them. */
const TWO_STREAMS = [
  '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4B//ActdAD2Ih+cDQ4pS1guZCZqWDJrqU+gBo7EdCxbxnqObIqOKCUkEA+l3lPJr3ArUI2dSzcg5gtf9EqpixsK5drmWWx1jCqEh7kebl7Zc',
  'k0qinauVMar5BZmqm0PIHsqc29I2GhdwZfuM444c8b20g2VzVI9dj5Cs/2ZfXC4Vk9M/OsxpPADXh0tj3iMqX+tC7wuZpgkwlldUbgGwHHg6QRJgqoqwMgaGfAqUNPWDt/BnjnAn1sd1',
  'gf/TXd3m4tbttyi9EdrhGC1NsPZjGTqSBrlFUcKvgWMTY3ykQ3RhCeIGA3tuJVYX4YXGzmCOxvUpxOYerlYibQgjckzO0f/+L5o5FPX3GpGmZf5+rE7mUZUOpkIUouzYq95AGbDyBuye',
  'b9Bedz5XuAtN4VVSv805IGEunJm/U8RG6o0+ZpD3N1x9EwDroK31bUO/d7+0DC4Mwnw93Pav5oYCYHTvHsAe9lqjtBF+28zSnDuAJWBWUYqpVYVHON4QyhEtpatsa6ZVGvBEZcdkM3Bo',
  'VZ0Rfq3iEbwPSs36bmOzdjc1pr84618NhHWY7QxWssZqd7nulakh607r9hMy8o3ydygjDDOFyplZTODMCB8EbkjBLyYMAAAAdUSJYSKp3qACACEBHAAAABDPWMzgH/8BpF0AGosAbadk',
  'TpMWcVjVp5rC8vVz/SasQsPkrvXTftVO1/JmMmqeHyN9Z7xkzo/pBZYDpb7veZR3rkVzYTE7IZ5ozRntGI3uM3qYkWIoHj9y7Kptk4jw1CXjMo0jCxj59qFe66p4Wi2wSkUrddwIEqdJ',
  'fT6NvYg26NOGYlNleieoueyu6VLLec9y7qjaV4wnEfZf8mqwlrv62vGEtsDFzUAqJ4e6jfqcqNWYNrCLd/HB4LUymdMBIajGslNTKRMCwiRGcQjGDEmOzUUmhO93b80CnpTYe/Bq3tlE',
  'd91dN299oBnXZAT4KKhJPAEAQwlQAp17pfnooXmtDg1GhPLzABFd/V5zbMgLbJwCyjc7zAMImjGhwfik1POR39xmAcGkEE1InZ3TKKzLb17moFscb/t6/4n/nHnb8WV14RtmYRFAhL2l',
  '0m2/O7znlGNvmDe60ACAzJvdhUFvvFZV0kSdVZALStXzcvQO/CVZwqKEVLmweAXOCAUDFoFCHB41aOX8uE7zvtymx876/Rz/wctOMOFYJktELypDm3RwYX5fD4lA/uMEKN4AAA0zi/CP',
  'DQV6AgAhARwAAAAQz1jM4AwNARBdABEdSSZVzCtUmBqwu8yoIJBdd6s77/5SxbZx2ZhRKP0cUyiSm7sdsf6cvKIAzRMjTAuiqeaRZgU1I7wFOanWkzCkzCAgSjKZtNoxW4pRhzZwqjaE',
  'VvI32sW9Dt86DphNHP+AegkFVQ/huMniDc2l8xfV1Q+t4nZRkAwwt9Zf7AESFRnm5Mal8LhfFpJgTP4RbfL8XfUvMcVT1BBrbxGAJCecjYHMyaHBWRixNaKLj0D6J3dwo/CSHdAglp5w',
  '0g7KG/+UJSQ9O+GJ1Yjb6J6zPUzTVjySnr9fF8ehCAzCxcrb5QqHfrJHqdRlnqfrCr62EX24/KqqdOfoQcqn0I13BENUKpR+px0bcwodBczGkKXvANTZzTnEjkWDAAPnA4BAwAOAQKwC',
  'jhgAABSCT8GsJz4tBAAAAAAEWVr9N3pYWgAABObWtEYCACEBDAAAAI+YQZzgD3cBL10APYiH5wNDilLWC5kJmpX32Q641LvuK57/kZD1jhjIXOl4WOJxDtwDd2ofAu76EDtL0Hgp5AvS',
  'bRHYm2EMIOct3DjE11V/vkU0w2cVxhFyh3XGaqfB1w5nELYWF3YValJ77AbdhhFvxew2q+nyp54Z8O4/6qCOb5iif+tF9iV1AHx64WVaxbwXJ4zbPsP+3JnlTfMgG4uG/V38sh+bO0z9',
  '67FGnxJN2ABMwbZ1ElJ7eAB55FKik3M1txikkzSeVQAWbNNz3npcAcKb5ecriKUOof+PjfiUyPXDYchNzk8Vaj8Ul3XGQWD2FcmGLkAjy86ttg25uT/SgTaQzohHwY+Q74YVQ1TqC42u',
  'uPGj9KXndGS6uLuPGxgzqzg9wzhiXJMinyR0Xl+InSFApwivr8sAAAD3+2sWokMzsgABywL4HgAA+NnQl7HEZ/sCAAAAAARZWg==',
].join('');
const SHA256 = [
  '/Td6WFoAAArh+wyhAgAhARYAAAB0L+WjAQABeAoAAABzyzhYpoeoSUyjMjBTAWKC89rTnULPYspOed2iqsfZrAABMgJ2gPgjGJtLmgEAAAAAClla',
].join('');
const LARGE_DICTIONARY = [
  '/Td6WFoAAATm1rRGAgAhASIAAACCQKzcAQABeAoAAAA3SlHcM6LKsAABGgLcLqV+H7bzfQEAAAAABFla',
].join('');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowaway-xz-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileOf(name: string, base64: string, bytes = Number.POSITIVE_INFINITY) {
  const path = join(folder, name);
  await writeFile(path, Buffer.from(base64, 'base64').subarray(0, bytes));
  return { path, bytes: (await stat(path)).size };
}

async function textOf(file: { path: string; bytes: number }): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of openPlain(file, await detectCompression(file))) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

const prepared = async (file: { path: string; bytes: number }) =>
  prepare(file, await Spool.in(join(folder, 'spool')));

describe('xz', () => {
  test('all blocks and streams are read', async () => {
    const lines = (await textOf(await fileOf('two.xz', TWO_STREAMS))).trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { uid: string }).uid)).toEqual(
      Array.from({ length: 120 }, (_, index) => `Cxz${index}`),
    );
  });

  test('who reads the beginning only keeps nobody from reading', async () => {
    const file = await fileOf('begun.xz', TWO_STREAMS);
    for (let count = 0; count < 3; count += 1) {
      for await (const chunk of openPlain(file, 'xz')) if (chunk.length > 0) break;
    }
    const [one, other] = await Promise.all([textOf(file), textOf(file)]);
    expect(one.length).toBeGreaterThan(10_000);
    expect(other).toBe(one);
  });

  test('one that breaks off gives what came before the break', async () => {
    const { stretches, problems } = await prepared(await fileOf('cut.xz', TWO_STREAMS, 900));
    expect(stretches[0]!.rows).toBeGreaterThan(40);
    expect(stretches[0]!.rows).toBeLessThan(100);
    expect(problems[0]!.what).toBe('the xz archive breaks off (unexpected end of file)');
  });

  test.each([
    ['a dictionary that would take the memory', LARGE_DICTIONARY, 'its dictionary is larger than 64 MiB'],
    ['a check that the library does not know', SHA256, 'a filter or check that is not known here'],
  ])('%s is told, with what to do', async (name, base64, why) => {
    const { stretches, problems } = await prepared(await fileOf(`${name.length}.xz`, base64));
    expect(stretches).toEqual([]);
    expect(problems).toMatchObject([
      {
        what: `the xz archive cannot be read (${why})`,
        advice: 'decompress it first (xz -d), or fetch it again',
      },
    ]);
  });
});
