import { JsonMistake, JsonScan } from './json-scan.js';
import { type Lines, LineWriter, plainLines } from './lines.js';
import { Refusal } from './refusal.js';

const [NEWLINE, OPEN_BRACKET, OPEN_BRACE, QUOTE] = [0x0a, 0x5b, 0x7b, 0x22];
const BYTE_ORDER_MARK = Buffer.from('\uFEFF');

/**
 * The records of a body, one a line, whatever its Content-Type says. A JSON array, and one document that is a list (`items` of a Kubernetes list,
 * `records`, the `events` of a registry), become a line for each element; documents that follow each other, or are printed over several
 * lines, one for each document; anything else is lines already and passes as it is.
 *
 * @throws Refusal saying what is wrong and where
 */
export function bodyLines(given: Buffer): Lines {
  const body = given.subarray(0, 3).equals(BYTE_ORDER_MARK) ? given.subarray(3) : given;
  const scan = new JsonScan(body);
  const first = scan.skipBlanks();
  if (first === undefined) return { bytes: Buffer.alloc(0), count: 0 };
  if (first === OPEN_BRACE) return fromObjects(body, scan.at);
  if (first !== OPEN_BRACKET) return plainLines(body);
  const inner = new JsonScan(body, scan.at + 1).skipBlanks();
  if (inner === OPEN_BRACE) return orRefuse(() => fromDocuments(body, scan.at));
  // A line of text may begin with a bracket, too.
  try {
    return fromDocuments(body, scan.at);
  } catch (error) {
    if (error instanceof JsonMistake || (error instanceof Refusal && error.status === 400))
      return plainLines(body);
    throw error;
  }
}

function fromObjects(body: Buffer, start: number): Lines {
  const newline = body.indexOf(NEWLINE, start);
  const scan = new JsonScan(body, start);
  try {
    scan.object(null);
  } catch (error) {
    if (error instanceof JsonMistake && newline !== -1 && endsWithObject(body, newline))
      return plainLines(body);
    throw asRefusal(error);
  }
  const end = scan.at;
  const next = scan.skipBlanks();
  const isAlone = next === undefined;
  const isOnItsLine = newline !== -1 && end <= newline && newline < scan.at;
  if (isAlone || !isOnItsLine) return orRefuse(() => fromDocuments(body, start));
  return plainLines(body);
}

/** A broken line among others is for its source to reject: who sends lines does not see what is in them. */
function endsWithObject(body: Buffer, firstNewline: number): boolean {
  let end = body.length;
  while (end > 0 && body[end - 1]! <= 0x20) end -= 1;
  const start = body.lastIndexOf(NEWLINE, end - 1) + 1;
  return start > firstNewline && body[start] === OPEN_BRACE;
}

function fromDocuments(body: Buffer, start: number): Lines {
  const out = new LineWriter(body.length - start + 1024);
  const scan = new JsonScan(body, start);
  for (let first = scan.skipBlanks(); first !== undefined; first = scan.skipBlanks()) {
    if (first === OPEN_BRACKET) scan.array((from, to) => addElement(body.subarray(from, to), out));
    else if (first === OPEN_BRACE) addDocument(body, scan, out);
    else throw new JsonMistake('something else stands where a JSON object is expected', scan.at);
  }
  return out.done();
}

function addElement(json: Buffer, out: LineWriter): void {
  if (json[0] === OPEN_BRACE) out.add(json);
  else if (json[0] === QUOTE) out.addText(JSON.parse(json.toString('utf8')) as string);
  else
    throw new Refusal(400, `element ${out.count + 1} of the array is neither an object nor a line of text`);
}

/** Lists whose elements are records. What a registry puts around its events tells them apart, so that it stays around each. */
function addDocument(body: Buffer, scan: JsonScan, out: LineWriter): void {
  const start = scan.at;
  const lists = new Map<string, number>();
  let kind = '';
  let members = 0;
  scan.object((key, from, to) => {
    members += 1;
    if (key === 'kind' && body[from] === QUOTE && to - from < 100) kind = scan.textOf(from, to);
    if (body[from] === OPEN_BRACKET) lists.set(key, from);
  });
  const end = scan.at;
  const list = kind.endsWith('List') ? lists.get('items') : lists.get('records');
  const events = members === 1 ? lists.get('events') : undefined;
  if (list === undefined && events === undefined) {
    out.add(body.subarray(start, end));
    return;
  }
  const elements = new JsonScan(body, list ?? events);
  elements.array((from, to) => {
    const json = body.subarray(from, to);
    if (events === undefined) addElement(json, out);
    else out.add(json, '{"events":[', ']}');
  });
}

/** Documents that follow each other, each with the members that are asked for. */
export function* documents(body: Buffer, wanted: ReadonlySet<string>): Generator<Map<string, Buffer>> {
  const scan = new JsonScan(body);
  for (let first = scan.skipBlanks(); first !== undefined; first = scan.skipBlanks()) {
    if (first !== OPEN_BRACE)
      throw asRefusal(new JsonMistake('something else stands where a JSON object is expected', scan.at));
    const found = new Map<string, Buffer>();
    orRefuse(() =>
      scan.object((key, from, to) => {
        if (wanted.has(key)) found.set(key, body.subarray(from, to));
      }),
    );
    yield found;
  }
}

function orRefuse<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asRefusal(error);
  }
}

const asRefusal = (error: unknown): unknown =>
  error instanceof JsonMistake
    ? new Refusal(400, `the body is no JSON from byte ${error.at} on: ${error.message}`)
    : error;
