// The audit log of a code host: repositories made, opened, pushed to.
import {
  copyOf,
  DAY,
  each,
  HOUR,
  lastOf,
  later,
  MINUTE,
  otherName,
  set,
  someRecord,
  toldBy,
  unset,
} from './records.mjs';

const audited = {
  marker: '"repo":',
  isTold: (record) => typeof record.action === 'string' && typeof record.repo === 'string',
  isDeed: ({ repo }, { entities }) => entities.some((entity) => entity.endsWith(`/${repo}`)),
};
const holds =
  (action) =>
  ({ logs }) =>
    someRecord(logs, { marker: audited.marker, isMine: (record) => record.action === action });
const isMade = holds('repo.create');
const isOpened = holds('repo.access');
const opens = ({ action }) => action === 'repo.create' || action === 'repo.access';

const afterwards = (record, seconds, values) =>
  Object.assign(later(copyOf(record), seconds), {
    _document_id: `${record._document_id}-${seconds}`,
    ...values,
  });

/** In the words of GitLab; a change of visibility, a project that was made, or a push. */
function asGitlab(record, attack) {
  const path = record.repo;
  const said = {
    'git.push': {
      event_type: 'repository_git_operation',
      more: { custom_message: { protocol: 'ssh', action: 'git-receive-pack' } },
    },
    'repo.create': { event_type: 'project_created', more: { add: 'project' } },
    'repo.access': {
      event_type: 'project_visibility_level_updated',
      more: { change: 'visibility_level', from: 'Private', to: 'Public' },
    },
  }[record.action];
  return [
    {
      id: attack.index + 1,
      author_id: 7,
      entity_id: 29,
      entity_type: 'Project',
      details: { author_name: record.actor, target_details: lastOf(path), entity_path: path, ...said.more },
      ip_address: record.actor_ip,
      author_name: record.actor,
      entity_path: path,
      created_at: new Date(record['@timestamp']).toISOString(),
      event_type: said.event_type,
    },
  ];
}

export const codeHost = toldBy(audited, [
  {
    name: 'another name of the repository',
    because: 'any name will do',
    change: set({ repo: 'shop/website-old' }),
    accuses: otherName('shop/website-old'),
  },
  {
    name: 'a repository of his own',
    because: 'an account has repositories outside the organisation',
    change: each((record) => {
      delete record.org;
      record.repo = 'dev7/notes';
    }),
    accuses: otherName('dev7/notes'),
  },
  { name: 'by another member', because: 'another account was stolen', change: set({ actor: 'intern2' }) },
  {
    name: 'from elsewhere',
    because: 'the attacker works elsewhere',
    change: set({ actor_ip: '198.51.100.90' }),
  },
  {
    name: 'no address is told',
    because: 'addresses are told only where the organisation asked for them',
    change: unset('actor_ip'),
  },
  { name: 'no program is told', because: 'the field is optional', change: unset('user_agent') },
  {
    name: 'by a browser',
    because: 'the web page does the same',
    change: set({ user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0' }),
  },
  {
    name: 'with a token',
    because: 'the API does the same',
    change: set({ programmatic_access_type: 'OAuth access token', user_agent: 'python-requests/2.32.3' }),
  },
  {
    name: 'an export by hand',
    because: 'exports state the time under another key',
    isOfAll: true,
    change: each((record) => {
      record.created_at = record['@timestamp'];
      delete record['@timestamp'];
    }),
  },
  {
    name: 'no number of the event',
    because: 'the field is optional',
    isOfAll: true,
    change: unset('_document_id'),
  },
  { name: 'no organisation is told', because: 'the field is optional', change: unset('org') },
  {
    name: 'pushed over SSH',
    because: 'git has two transports',
    fits: isMade,
    change: (record) => [
      record.action === 'git.push'
        ? { ...record, transport_protocol_name: 'ssh', transport_protocol: 2 }
        : record,
    ],
  },
  {
    name: 'pushed five times',
    because: 'the data goes in parts',
    fits: isMade,
    change: (record) =>
      record.action === 'git.push'
        ? [record, ...[60, 120, 180, 240].map((seconds) => afterwards(record, seconds, {}))]
        : [record],
  },
  {
    name: 'pushed half an hour after it was made',
    because: 'the attacker waits',
    fits: isMade,
    change: (record) => [record.action === 'git.push' ? later(record, 30 * MINUTE) : record],
  },
  {
    name: 'pushed a day after it was made',
    because: 'the attacker waits longer',
    fits: isMade,
    change: (record) => [record.action === 'git.push' ? later(record, DAY) : record],
  },
  {
    name: 'made private, opened after the push',
    because: 'the same in another order',
    fits: isMade,
    change: (record) =>
      record.action === 'repo.create'
        ? [
            { ...record, visibility: 'private' },
            afterwards(record, 5 * MINUTE, {
              action: 'repo.access',
              previous_visibility: 'private',
              visibility: 'public',
            }),
          ]
        : [record],
  },
  {
    name: 'forked in the open',
    because: 'a fork is a repository as well',
    fits: isMade,
    change: (record) => [record.action === 'repo.create' ? { ...record, action: 'repo.fork' } : record],
  },
  {
    name: 'a key in place of an open repository',
    because: 'who holds the key reads the repository',
    change: (record) => [
      opens(record)
        ? { ...record, action: 'repo.add_deploy_key', visibility: 'private', previous_visibility: 'private' }
        : record,
    ],
  },
  {
    name: 'a member from outside in place of an open repository',
    because: 'who was invited reads the repository',
    change: (record) => [
      opens(record)
        ? {
            ...record,
            action: 'repo.add_outside_collaborator',
            visibility: 'private',
            previous_visibility: 'private',
          }
        : record,
    ],
  },
  {
    name: 'opened for ten minutes',
    because: 'nobody finds it open who looks later',
    change: (record) =>
      opens(record)
        ? [
            record,
            afterwards(record, 10 * MINUTE, {
              action: 'repo.access',
              previous_visibility: 'public',
              visibility: 'private',
            }),
          ]
        : [record],
  },
  {
    name: 'deleted after an hour',
    because: 'the traces are swept',
    change: (record) =>
      opens(record) ? [record, afterwards(record, HOUR, { action: 'repo.destroy' })] : [record],
  },
  {
    name: 'cloned from outside at once',
    because: 'the other end takes what was left',
    change: (record) =>
      opens(record)
        ? [
            record,
            afterwards(record, 15 * MINUTE, { action: 'git.clone', actor: '', actor_ip: '198.51.100.77' }),
          ]
        : [record],
  },
  {
    name: 'among two hundred fetches',
    because: 'work goes on meanwhile',
    change: (record) =>
      opens(record)
        ? [
            record,
            ...Array.from({ length: 200 }, (_, index) =>
              afterwards(record, index + 1, { action: 'git.fetch', repo: 'shop/app' }),
            ),
          ]
        : [record],
  },
  {
    name: 'before it was internal',
    because: 'three kinds of visibility exist',
    fits: isOpened,
    change: (record) => [opens(record) ? { ...record, previous_visibility: 'internal' } : record],
  },
  {
    name: 'what it was before is not told',
    because: 'the field is optional',
    fits: isOpened,
    change: unset('previous_visibility'),
  },
  {
    name: 'visibility in capitals',
    because: 'the API and the stream spell it differently',
    change: (record) => [
      record.visibility ? { ...record, visibility: record.visibility.toUpperCase() } : record,
    ],
  },
  {
    name: 'three repositories, ten minutes apart',
    because: 'the data lies in three places',
    change: (record) =>
      ['', '-b', '-c'].map((suffix, index) =>
        afterwards(record, index * 10 * MINUTE, { repo: `${record.repo}${suffix}` }),
      ),
  },
  {
    name: 'nine hours later',
    because: 'the attacker chooses the hour',
    change: (record) => [later(record, 9 * HOUR)],
  },
  {
    name: 'three days later',
    because: 'the attacker chooses the day',
    change: (record) => [later(record, 3 * DAY)],
  },
  {
    name: 'told by GitLab',
    because: 'another code host',
    isOfAll: true,
    change: asGitlab,
    accuses: (entity) => entity.replace('github.com/', ''),
  },
]);
