import { type FormEvent, useEffect, useState } from 'react';
import type { Onboarding } from '../../../src/server/catalogue.js';
import type { Token } from '../../../src/server/tokens.js';
import { post, type Session, useApi } from '../api.js';
import Markdown from '../markdown.js';
import { CopyButton } from '../parts/copy.js';
import { Asked } from '../parts/states.js';
import { type Address, go, withQuery } from '../router.js';

/** Pieces of configuration for each product, with this server's address and a token of the producer's own in them. */
/** `isAbove`: what stands above is there, so that nothing moves any more. */
export function Connect({
  address,
  session,
  isAbove,
}: {
  address: Address;
  session: Session;
  isAbove: boolean;
}) {
  const query = useApi<Onboarding[]>('/onboarding');
  const chosen = address.query.get('connect');
  const [secret, setSecret] = useState('');
  const isThere = query.data !== undefined && isAbove;
  useEffect(() => {
    if (chosen !== null && isThere) document.getElementById('connect')?.scrollIntoView();
  }, [chosen, isThere]);
  return (
    <section id="connect">
      <h2>Connect the next one</h2>
      <Asked query={query} what="how products are connected">
        {(products) => {
          const product = products.find((one) => one.product === chosen);
          return (
            <>
              <p className="row-tools">
                {products.map(({ product }) => (
                  <button
                    key={product}
                    type="button"
                    className="chip"
                    aria-pressed={product === chosen}
                    onClick={() => go(withQuery(address, { connect: product }), 'replace')}
                  >
                    {product}
                  </button>
                ))}
              </p>
              {product && (
                <div className="panel">
                  <NewToken product={product.product} session={session} secret={secret} onMade={setSecret} />
                  <Markdown text={filled(product.text, secret)} />
                  <p className="fine">
                    What has arrived shows above within seconds.{' '}
                    {location.protocol === 'http:' &&
                      'This server listens in the clear: producers on other machines need TLS (serve.tls).'}
                  </p>
                </div>
              )}
            </>
          );
        }}
      </Asked>
    </section>
  );
}

function filled(text: string, secret: string): string {
  const { host, hostname, port, protocol } = location;
  return text
    .replace(/https:(\/\/[^\s"]*stowaway\.example:8470)/g, `${protocol}$1`)
    .replaceAll('stowaway.example:8470', host)
    .replaceAll('stowaway.example', hostname)
    .replace(/\b8470\b/g, port || (location.protocol === 'https:' ? '443' : '80'))
    .replace(/\bTOKEN\b/g, secret === '' ? 'TOKEN' : secret);
}

function NewToken({
  product,
  session,
  secret,
  onMade,
}: {
  product: string;
  session: Session;
  secret: string;
  onMade: (secret: string) => void;
}) {
  const [problem, setProblem] = useState('');
  if (!session.permissions.includes('administer'))
    return (
      <p className="fine">Ask an administrator for a token of role ingest; put it where TOKEN stands.</p>
    );
  const make = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const holder = String(new FormData(event.currentTarget).get('holder')).trim();
    try {
      onMade((await post<{ token: Token; secret: string }>('/tokens', { holder, role: 'ingest' })).secret);
      setProblem('');
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  if (secret !== '')
    return (
      <p className="notice" role="status">
        The token is in the text below, and is shown this once. It hands over logs and opens nothing else.{' '}
        <CopyButton text={secret} label="Copy the token" />
      </p>
    );
  return (
    <form className="inline" onSubmit={make}>
      <label>
        Who will carry the token
        <input
          name="holder"
          defaultValue={`${product.toLowerCase().replace(/[^a-z0-9]+/g, '-')} node-1`}
          required
          maxLength={63}
        />
      </label>
      <button type="submit">Make a token for it</button>
      {problem !== '' && (
        <span className="problem" role="alert">
          {problem}
        </span>
      )}
    </form>
  );
}
