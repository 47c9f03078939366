import { constants } from 'node:os';

// The first name of a number is the usual one: EAGAIN, not EWOULDBLOCK.
const NAMES = new Map(
  Object.entries(constants.errno)
    .reverse()
    .map(([name, number]) => [number, name]),
);

/** The kernel's word for an error number, such as ENOENT for 2; `errno 999` for one it does not know. */
export const errnoName = (number: number): string => NAMES.get(number) ?? `errno ${number}`;
