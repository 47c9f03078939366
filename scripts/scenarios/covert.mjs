// Scenarios of data in DNS names, in pings, in URIs and in cookies, for scripts/make-scenarios.mjs.

const AUTOMATED = 'T1020-automated-exfiltration';
const [MINUTE, HOUR, KB] = [60, 3600, 1000];

/** Exchanges of one packet each way, as Zeek's conn.log sums them up: `packets` of `bytes` (IP level), answered in kind. */
function exchange(draw, { at, from, to, port, proto, packets, bytes, answer = bytes, seconds }) {
  // IP's 20 bytes, and 8 of UDP or ICMP.
  const header = 28;
  return {
    ts: Number(at.toFixed(6)),
    uid: draw.uid(),
    'id.orig_h': from,
    'id.orig_p': proto === 'icmp' ? 8 : draw.port(),
    'id.resp_h': to,
    'id.resp_p': port,
    proto,
    ...(proto === 'udp' ? { service: 'dns' } : {}),
    duration: Number(seconds.toFixed(6)),
    orig_bytes: packets * (bytes - header),
    resp_bytes: packets * (answer - header),
    conn_state: proto === 'udp' ? 'SF' : 'OTH',
    orig_pkts: packets,
    orig_ip_bytes: packets * bytes,
    resp_pkts: packets,
    resp_ip_bytes: packets * answer,
  };
}

function question(draw, { at, from, to, query, uid = draw.uid() }) {
  return {
    ts: Number(at.toFixed(6)),
    uid,
    'id.orig_h': from,
    'id.orig_p': draw.port(),
    'id.resp_h': to,
    'id.resp_p': 53,
    proto: 'udp',
    trans_id: Math.floor(draw.random() * 65_536),
    query,
    qclass: 1,
    qclass_name: 'C_INTERNET',
    qtype: 1,
    qtype_name: 'A',
    rcode: 3,
    rcode_name: 'NXDOMAIN',
    rejected: false,
  };
}

/** Digits as a tunnel would write data. */
const hex = (draw, count) =>
  Array.from({ length: count }, () => Math.floor(draw.random() * 16).toString(16)).join('');

export function makeCovertScenarios({ DAY_0, drawing, conn, http, range, writeLines }) {
  const save = (scenario, name, rows) => writeLines(AUTOMATED, scenario, name, rows);
  const outside = '203.0.113.70';

  /** A client of a tunnel keeps its socket: many questions, few flows. Names of three labels of 56 digits. */
  function tunnel(draw, { at, from, questions, flows, labels = 3 }) {
    const each = questions / flows;
    const names = range(questions).map((index) => ({
      at: at + index * ((50 * MINUTE) / questions),
      query: `${range(labels)
        .map(() => hex(draw, 56))
        .join('.')}.t.example.net`,
    }));
    return {
      flows: range(flows).map((index) =>
        exchange(draw, {
          at: names[index * each].at,
          seconds: (48 * MINUTE) / flows,
          from,
          to: outside,
          port: 53,
          proto: 'udp',
          packets: each,
          bytes: 46 + labels * 57 + 13,
        }),
      ),
      names: names.map((name) => question(draw, { ...name, from, to: outside })),
    };
  }

  function dnsTunnel() {
    const draw = drawing('dns-tunnel');
    const { flows, names } = tunnel(draw, {
      at: DAY_0 + 2 * HOUR,
      from: '10.20.0.61',
      questions: 3000,
      flows: 6,
    });
    save('fires-on-dns-tunnel', 'conn.log', flows);
    // A part of the names suffices: the packets tell the rest.
    save('fires-on-dns-tunnel', 'dns.log', names.slice(0, 900));
  }

  function blockLists() {
    const draw = drawing('block-lists');
    const octet = () => Math.floor(draw.random() * 256);
    const names = range(600).map((index) => ({
      at: DAY_0 + 2 * HOUR + index * 5,
      query: `${octet()}.${octet()}.${octet()}.${octet()}.${index % 3 === 0 ? 'in-addr.arpa' : 'zen.blocklist.example'}`,
    }));
    const [from, to] = ['10.20.0.62', outside];
    save(
      'quiet-block-list-lookups',
      'dns.log',
      names.map((name) => question(draw, { ...name, from, to })),
    );
    const flow = { from, to, port: 53, proto: 'udp', packets: 1, bytes: 78, answer: 140, seconds: 0.02 };
    save(
      'quiet-block-list-lookups',
      'conn.log',
      names.map(({ at }) => exchange(draw, { at, ...flow })),
    );
  }

  const pings = (draw, from, packets, bytes) =>
    range(10).map((index) =>
      exchange(draw, {
        at: DAY_0 + 3 * HOUR + index * 5 * MINUTE,
        seconds: 4.5 * MINUTE,
        from,
        to: '203.0.113.71',
        port: 0,
        proto: 'icmp',
        packets,
        bytes,
      }),
    );

  function dataInPings() {
    save('fires-on-data-in-pings', 'conn.log', pings(drawing('pings'), '10.20.0.63', 140, 1228));
  }

  function monitorPings() {
    save('quiet-pings-of-a-monitor', 'conn.log', pings(drawing('monitor'), '10.20.0.64', 1350, 84));
  }

  function belowTheFloor() {
    const draw = drawing('thin-carriers');
    const scenario = 'misses-covert-carriers-below-the-floor';
    // 260 questions of 230 bytes are 60 kB; 50 of 1,228 are 61 kB.
    const { flows } = tunnel(draw, { at: DAY_0 + 2 * HOUR, from: '10.20.0.65', questions: 260, flows: 2 });
    const thin = tunnel(draw, {
      at: DAY_0 + 2 * HOUR,
      from: '10.20.0.66',
      questions: 1200,
      flows: 4,
      labels: 1,
    });
    // Names of one label and packets of 116 bytes: longer than usual, and not long enough. 90 of the names are told.
    save(scenario, 'conn.log', [...flows, ...thin.flows, ...pings(draw, '10.20.0.67', 5, 1228)]);
    save(scenario, 'dns.log', thin.names.slice(0, 90));
  }

  function requests(draw, { count, from, to, sent, received, seconds, ...rest }) {
    return range(count).map((index) =>
      conn(draw, {
        at: DAY_0 + 4 * HOUR + (index + draw.random()) * (seconds / count),
        ...{
          from,
          to,
          port: 80,
          service: 'http',
          sent: draw.around(sent, 0.05),
          received: draw.around(received, 0.2),
        },
        ...rest,
      }),
    );
  }

  function dataInCookies() {
    const draw = drawing('cookies');
    const [from, to] = ['10.20.0.68', '203.0.113.72'];
    save(
      'fires-on-data-in-cookies',
      'conn.log',
      requests(draw, { count: 900, from, to, sent: 3.2 * KB, received: 300, seconds: 20 * MINUTE }),
    );
  }

  /** One connection that is kept for all its requests, and the line of each in http.log. */
  function kept(draw, { from, to, count, uriBytes, answerBytes }) {
    const one = conn(draw, {
      ...{ at: DAY_0 + 5 * HOUR, from, to, port: 80, service: 'http', seconds: 9 * MINUTE },
      sent: count * (uriBytes + 120),
      received: count * (answerBytes + 200),
    });
    const lines = range(count).map((index) => ({
      ...http(one, {
        method: 'GET',
        host: to,
        uri: `/s?q=${hex(draw, uriBytes - 5)}`,
        sent: 0,
        received: answerBytes,
      }),
      ts: one.ts + (index * 9 * MINUTE) / count,
      trans_depth: index + 1,
    }));
    return { one, lines };
  }

  function saveKept(scenario, { one, lines }) {
    save(scenario, 'conn.log', [one]);
    save(scenario, 'http.log', lines);
  }

  function dataInUris() {
    const draw = drawing('uris');
    const about = { from: '10.20.0.69', to: '203.0.113.73', count: 200, uriBytes: 1500, answerBytes: 2 };
    saveKept('fires-on-data-in-uris', kept(draw, about));
  }

  function longQueries() {
    const draw = drawing('long-queries');
    const about = { from: '10.20.0.70', to: '203.0.113.74', count: 90, uriBytes: 900, answerBytes: 9 * KB };
    saveKept('quiet-long-queries-with-longer-answers', kept(draw, about));
  }

  function smallRequestsOverTls() {
    const draw = drawing('small-over-tls');
    const scenario = 'misses-small-requests-over-tls';
    const tls = { port: 443, service: 'ssl', received: 3 * KB, seconds: 30 * MINUTE };
    const thin = { from: '10.20.0.72', to: '203.0.113.76' };
    save(scenario, 'conn.log', [
      ...requests(draw, { ...tls, count: 300, from: '10.20.0.71', to: '203.0.113.75', sent: 4 * KB }),
      // Without TLS, 120 kB beyond what comes back.
      ...requests(draw, { ...thin, count: 60, sent: 1.9 * KB, received: 200, seconds: 30 * MINUTE }),
    ]);
  }

  function paddedAnswers() {
    const draw = drawing('padded');
    save(
      'misses-small-beats-with-padded-answers',
      'conn.log',
      range(48).map((index) =>
        conn(draw, {
          at: DAY_0 + 6 * HOUR + index * 5 * MINUTE + draw.random(),
          from: '10.20.0.73',
          to: '203.0.113.77',
          sent: draw.around(6 * KB, 0.02),
          received: draw.around(4 * KB, 0.02),
        }),
      ),
    );
  }

  for (const make of [
    dnsTunnel,
    blockLists,
    dataInPings,
    monitorPings,
    belowTheFloor,
    dataInCookies,
    dataInUris,
    longQueries,
    smallRequestsOverTls,
    paddedAnswers,
  ])
    make();
}
