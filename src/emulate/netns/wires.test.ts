import { expect, test } from 'vitest';
import { freeAddress, macOf, type NetworkSpec } from './wires.js';

const network: NetworkSpec = {
  Name: 'workloads',
  IPAM: { Config: [{ Subnet: '10.96.0.0/24', Gateway: '10.96.0.1' }] },
  Options: {},
  Labels: {},
};

test('addresses are given in order, and again when they are free', () => {
  expect(freeAddress(network, new Set())).toBe('10.96.0.2');
  expect(freeAddress(network, new Set(['10.96.0.2', '10.96.0.4']))).toBe('10.96.0.3');
});

test('a full network is said to be full', () => {
  const taken = new Set(Array.from({ length: 254 }, (_, index) => `10.96.0.${index + 1}`));
  expect(() => freeAddress(network, taken)).toThrow('no address of 10.96.0.0/24 is free');
});

test('a hardware address is the address with the prefix for local ones', () => {
  expect(macOf('10.96.0.200')).toBe('02:42:0a:60:00:c8');
});
