import { connect as connectPlain, isIP, type LookupFunction, Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { ISocketFactory } from 'kafkajs';
import { guardHost, isLoopbackName, type Reach, refuseAddress, TargetError } from '../remote/guard-target.js';
import type { Lookups } from '../remote/lookups.js';

export interface SocketRules {
  /** null: in the clear. */
  tls: ConnectionOptions | null;
  reach: Reach;
  /** Every broker that is stated is this machine by name: only then may brokers say that they are there. */
  isLocal: boolean;
}

const KEEP_ALIVE_MS = 60_000;

/**
 * Sockets to brokers. Most of their addresses are told by a broker, not by the configuration, so each one is checked, and the address
 * that was checked is the one that is connected to.
 */
export function guardedSockets({ tls, reach, isLocal }: SocketRules, lookups: Lookups): ISocketFactory {
  return ({ host, port, onConnect }) => {
    const isNamedLoopback = isLocal && isLoopbackName(host);
    const refusal =
      tls === null && !isNamedLoopback && !reach.insecure
        ? 'the connection is not encrypted: use tls, or state insecure: true if that is meant'
        : isIP(host) === 0
          ? null
          : refuseAddress(host, reach, isNamedLoopback);
    if (refusal !== null) return new Socket().destroy(new TargetError(refusal));
    const lookup: LookupFunction = (hostname, options, done) => {
      guardHost(hostname, { reach, isNamedLoopback }, lookups).then(
        ({ address, family }) =>
          options.all ? done(null, [{ address, family }]) : done(null, address, family),
        (error: Error) => done(error, ''),
      );
    };
    const socket =
      tls === null
        ? connectPlain({ host, port, lookup }, onConnect)
        : connectTls(
            { ...tls, host, port, lookup, ...(isIP(host) === 0 && { servername: host }) },
            onConnect,
          );
    return socket.setKeepAlive(true, KEEP_ALIVE_MS);
  };
}
