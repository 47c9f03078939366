-- One container an element. Docker's API and Podman's compatible one write Image as digest and Config.Image as name;
-- `podman inspect` itself writes ImageName. A date in year 1 means "never".
WITH
  ifNull(Config, '') AS config,
  ifNull(HostConfig, '') AS host_config,
  ifNull(State, '') AS state,
  trimLeft(ifNull(Name, ''), '/') AS given_name,
  JSONExtract(config, 'Labels', 'Map(String, String)') AS all_labels,
  to_time(JSONExtractString(state, 'StartedAt')) AS started_at,
  to_time(JSONExtractString(state, 'FinishedAt')) AS finished_at,
  to_time(Created) AS created_at,
  if(is_absurd_time(started_at), NULL, started_at) AS started,
  coalesce(started, created_at) AS began,
  -- Quoted as a shell would need them, so that the command can be taken apart again.
  arrayConcat([ifNull(Path, '')], JSONExtract(ifNull(Args, ''), 'Array(String)')) AS argv,
  arrayStringConcat(arrayMap(word -> if(match(word, '^[A-Za-z0-9_@%+=:,./-]+$'), word, concat('\'', replaceAll(word, '\'', '\'\\\'\''), '\'')), arrayFilter(word -> word != '' OR length(argv) > 1, argv)), ' ') AS command,
  coalesce(nullIf(JSONExtractString(config, 'Image'), ''), ImageName, Image, '') AS image_name,
  if(startsWith(image_name, 'sha256:'), ifNull(ImageName, image_name), image_name) AS image_reference,
  JSONExtractArrayRaw(ifNull(Mounts, '')) AS mount_list,
  -- The sources of anonymous volumes differ with each container: they are no change of configuration.
  arraySort(arrayMap(mount -> replaceRegexpOne(mount, '[0-9a-f]{64}', '*'), mounts)) AS stable_mounts,
  arraySort(arrayFilter(pair -> NOT startsWith(pair, 'HOSTNAME='), JSONExtract(config, 'Env', 'Array(String)'))) AS stable_env,
  arraySort(arrayConcat(JSONExtract(host_config, 'CapAdd', 'Array(String)'), arrayMap(name -> concat('-', name), JSONExtract(host_config, 'CapDrop', 'Array(String)')))) AS capabilities,
  arrayFilter(pair -> to_ip(pair.2) IS NOT NULL, arrayFlatten(arrayMap(
    network -> [(network.1, JSONExtractString(network.2, 'IPAddress')), (network.1, JSONExtractString(network.2, 'GlobalIPv6Address'))],
    JSONExtractKeysAndValuesRaw(ifNull(NetworkSettings, ''), 'Networks')))) AS network_addresses,
  arrayFilter(pair -> to_ip(pair.2) IS NOT NULL, [
    ('bridge', JSONExtractString(ifNull(NetworkSettings, ''), 'IPAddress')),
    ('bridge', JSONExtractString(ifNull(NetworkSettings, ''), 'GlobalIPv6Address'))]) AS default_addresses,
  all_labels['io.kubernetes.pod.name'] AS pod_name,
  all_labels['io.kubernetes.pod.namespace'] AS pod_namespace,
  pod_owner(pod_name) AS owner,
  -- What Docker calls a container nobody named: one of these words, a surname, maybe a digit.
  match(given_name, '^(admiring|adoring|affectionate|agitated|amazing|angry|awesome|beautiful|blissful|bold|boring|brave|busy|charming|clever|compassionate|competent|condescending|confident|cool|cranky|crazy|dazzling|determined|distracted|dreamy|eager|ecstatic|elastic|elated|elegant|eloquent|epic|exciting|fervent|festive|flamboyant|focused|friendly|frosty|funny|gallant|gifted|goofy|gracious|great|happy|hardcore|heuristic|hopeful|hungry|infallible|inspiring|intelligent|interesting|jolly|jovial|keen|kind|laughing|loving|lucid|magical|modest|musing|mystifying|naughty|nervous|nice|nifty|nostalgic|objective|optimistic|peaceful|pedantic|pensive|practical|priceless|quirky|quizzical|recursing|relaxed|reverent|romantic|sad|serene|sharp|silly|sleepy|stoic|strange|stupefied|suspicious|sweet|tender|thirsty|trusting|unruffled|upbeat|vibrant|vigilant|vigorous|wizardly|wonderful|xenodochial|youthful|zealous|zen)_[a-z]+\\d?$') AS is_made_up_name
SELECT
  ifNull(Id, '') AS container_uid,
  given_name AS container_name,
  image_reference AS image,
  if(match(ifNull(Image, ''), '^[0-9a-f]{64}$'), concat('sha256:', ifNull(Image, '')), ifNull(Image, '')) AS image_digest,
  pod_name AS pod,
  pod_namespace AS namespace,
  multiIf(
    pod_name != '', concat(pod_namespace, '/', owner[2]),
    all_labels['com.docker.compose.project'] != '', concat(all_labels['com.docker.compose.project'], '/', all_labels['com.docker.compose.service']),
    all_labels['com.docker.swarm.service.name'] != '', all_labels['com.docker.swarm.service.name'],
    given_name != '' AND NOT is_made_up_name, given_name,
    trimRight(concat(image_reference, ' ', mask_credentials(command)))) AS workload,
  multiIf(
    pod_name != '', owner[1],
    all_labels['com.docker.compose.project'] != '', 'compose',
    all_labels['com.docker.swarm.service.name'] != '', 'swarm',
    given_name != '' AND NOT is_made_up_name, 'name',
    'image') AS owner_kind,
  arrayMap(pair -> (pair.1, assumeNotNull(to_ip(pair.2))), if(length(network_addresses) > 0, network_addresses, default_addresses)) AS addresses,
  ifNull(began, toDateTime64(0, 6, 'UTC')) AS valid_from,
  if(finished_at >= began AND started IS NOT NULL AND NOT JSONExtractBool(state, 'Running'), assumeNotNull(finished_at), toDateTime64('2200-01-01 00:00:00', 6, 'UTC')) AS valid_to,
  JSONExtractString(host_config, 'NetworkMode') AS network_mode,
  JSONExtractBool(host_config, 'Privileged') AS is_privileged,
  arrayFilter(name -> name != '', [if(JSONExtractString(host_config, 'PidMode') = 'host', 'hostPID', ''), if(JSONExtractString(host_config, 'IpcMode') = 'host', 'hostIPC', '')]) AS host_namespaces,
  capabilities,
  mask_credentials(command) AS cmd_line,
  arrayMap(mount -> concat(
    JSONExtractString(mount, 'Type'), ':',
    coalesce(nullIf(JSONExtractString(mount, 'Source'), ''), JSONExtractString(mount, 'Name')), ':',
    JSONExtractString(mount, 'Destination')), mount_list) AS mounts,
  mapApply((key, value) -> (key, mask_credentials(value)), all_labels) AS labels,
  cityHash64(image_digest, stable_env, stable_mounts, capabilities, argv, is_privileged) AS config_hash,
  line_number AS line,
  raw,
  multiIf(
    Id IS NULL OR Config IS NULL, if(isValidUTF8(raw), 'not an inspected container: no Id or no Config', 'not valid UTF-8'),
    NOT match(Id, '^[0-9a-f]{64}$'), concat('Id is no container id: ', substring(Id, 1, 80)),
    began IS NULL, concat('no time: Created is ', ifNull(Created, 'missing')),
    is_absurd_time(began), concat('time is out of range: ', ifNull(Created, 'missing')),
    '') AS reject
FROM {{input}}
