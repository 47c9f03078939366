// Written inputs of T1567 in which handshakes tell which program speaks; scripts/make-scenarios.mjs gives the tools.
const WEB = 'T1567-exfiltration-over-web-service';

/** Fingerprints: made up. */
const JA3 = Array.from({ length: 8 }, (_, index) => ({
  ja3: `${index + 1}0c5e8f1a2b3d4${index}`.padEnd(32, '7e'),
}));
const [CIPHERS, OWN, OTHERS] = ['8daa00000001', '02710000000a', 'e56200000b0b'];
const BY_NAME = { ja4: `t13d1516h2_${CIPHERS}_${OWN}` };
/** The same program, of which the place has no name and does not speak HTTP/2: the first part differs. */
const BY_ADDRESS = { ja4: `t13i151500_${CIPHERS}_${OWN}` };
const ANOTHER = { ja4: `t13d1516h2_${CIPHERS}_${OTHERS}` };

export function makeTlsClientScenarios({ DAY_0, HOUR, MINUTE, KB, drawing, conn, range, writeLines }) {
  /** Zeek's conn.log and ssl.log of transfers over TLS, each with its `ja3`, its `ja4` or both. */
  function write(scenario, folder, draw, transfers) {
    const connections = transfers.map((transfer) => conn(draw, transfer));
    writeLines(WEB, scenario, `${folder}conn.log`, connections);
    writeLines(
      WEB,
      scenario,
      `${folder}ssl.log`,
      connections.map((connection, index) => ({
        ts: Number((connection.ts + 0.02).toFixed(6)),
        uid: connection.uid,
        ...Object.fromEntries(
          ['id.orig_h', 'id.orig_p', 'id.resp_h', 'id.resp_p'].map((key) => [key, connection[key]]),
        ),
        ...{ version: 'TLSv13', resumed: false, established: true },
        ...(transfers[index].ja3 ? { ja3: transfers[index].ja3 } : {}),
        ...(transfers[index].ja4 ? { ja4: transfers[index].ja4 } : {}),
      })),
    );
  }

  /** A service that asks one place outside four times an hour for 30 hours, showing the handshakes `usual` by turns, and what it does then. */
  function story(scenario, from, usual, then) {
    const draw = drawing(scenario);
    const asks = (start, hours, shown) =>
      range(hours * 4).map((index) => ({
        at: start + index * 15 * MINUTE + draw.random() * 60,
        ...{ from, to: '203.0.113.160' },
        ...{ sent: draw.around(20 * KB, 0.3), received: draw.around(30 * KB, 0.4) },
        ...shown[index % shown.length],
      }));
    const now = DAY_0 + 30 * HOUR;
    write(scenario, 'baseline/', draw, asks(DAY_0, 30, usual));
    const upload = {
      at: now + 20 * MINUTE,
      from,
      to: '203.0.113.161',
      sent: 500 * KB,
      received: 3 * KB,
      seconds: 2,
    };
    write(scenario, '', draw, [...asks(now, 1, then.asks), { ...upload, ...then.sends }]);
  }

  const [own, other] = JA3;
  story('fires-on-a-small-upload-by-another-tls-client', '10.20.0.130', [own], { asks: [own], sends: other });
  story('misses-a-small-upload-by-the-usual-tls-client', '10.20.0.131', [own], { asks: [own], sends: own });
  const six = JA3.slice(0, 6);
  story('misses-a-small-upload-by-one-of-many-tls-clients', '10.20.0.132', six, { asks: six, sends: JA3[6] });
  // The tool asked the usual place as well: an update would look the same.
  story('misses-a-small-upload-by-a-tool-that-asks-a-usual-place', '10.20.0.134', [own], {
    asks: [own, other],
    sends: other,
  });
  story('fires-on-a-small-upload-by-another-client-that-ja4-tells', '10.20.0.135', [BY_NAME], {
    asks: [BY_NAME],
    sends: ANOTHER,
  });
  // Its extensions are shuffled: each connection has another JA3.
  const shuffled = JA3.slice(0, 3).map((ja3) => ({ ...ja3, ...BY_NAME }));
  story('quiet-client-that-shuffles-its-extensions', '10.20.0.136', shuffled, {
    asks: shuffled,
    sends: { ...JA3[7], ...BY_ADDRESS },
  });
  story('quiet-updated-tls-library', '10.20.0.133', [own], { asks: [other], sends: other });
}
