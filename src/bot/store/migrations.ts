/**
 * The schema of the store as a list of steps. A released step is never changed: a change is a new step. All instants
 * are `timestamptz`; ids of GitHub are `bigint`; everything hangs on a repository, so that deleting one deletes all.
 */
export interface Migration {
  readonly id: number;
  readonly name: string;
  readonly sql: string;
}

const TENANTS = `
create table installations (
  id bigint primary key,
  account text not null,
  suspended_at timestamptz,
  -- GitHub asked us to wait until then: no job of this installation starts before
  paused_until timestamptz,
  created_at timestamptz not null default now()
);
create table repositories (
  id bigint primary key,
  installation_id bigint not null references installations on delete cascade,
  full_name text not null,
  is_private boolean not null,
  default_branch text not null,
  -- when GitHub said so: a webhook that comes late changes nothing
  told_at timestamptz not null default 'epoch'
);
create index on repositories (installation_id);
create table deliveries (
  id text primary key,
  installation_id bigint not null,
  repository_id bigint,
  event text not null,
  action text,
  -- Emptied when it was processed: payloads hold more than we need to keep.
  payload jsonb,
  received_at timestamptz not null,
  processed_at timestamptz,
  outcome text
);
create index on deliveries (received_at);
create index on deliveries (received_at) where processed_at is null;
-- When a task of the housekeeping last got to its end.
create table upkeep (
  task text primary key,
  done_at timestamptz not null
);
`;

const ANALYSES = `
create table analyses (
  id uuid primary key default gen_random_uuid(),
  installation_id bigint not null,
  repository_id bigint not null references repositories on delete cascade,
  environment text not null,
  deployment_id bigint,
  sha text not null,
  -- external_id of its check run; with the generation the key that makes redeliveries harmless
  subject text not null,
  -- counts the times that the same deployment became active again after another one
  generation integer not null default 1,
  deployed_at timestamptz not null,
  deployed_at_source text not null,
  state text not null check (state in ('announced', 'waiting', 'done', 'overtaken', 'given-up', 'cancelled')),
  -- what the event said about the deployment: payload, link, pull requests
  event jsonb not null,
  -- what was written down before the data existed: the plan as registered, and the config it came from
  registered jsonb,
  config jsonb,
  check_run_id bigint,
  -- checks up to this id belong to earlier analyses of the same deployment: a completed one is not written again
  checks_before bigint not null default 0,
  check_url text,
  -- a stored verdict that is not on GitHub yet; a second try publishes the same one
  publishing uuid,
  -- when the data of the next look are complete; null: nothing more is planned
  next_at timestamptz,
  look integer not null default 0,
  attempts integer not null default 0,
  requests integer not null default 0,
  -- how much later than planned the last look was
  late_seconds double precision not null default 0,
  -- since when every attempt failed; null: the last one did not
  failing_since timestamptz,
  last_error text,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  unique (repository_id, subject, generation)
);
create index on analyses (repository_id, environment, deployed_at desc);
create index on analyses (next_at) where state in ('announced', 'waiting');
create index on analyses (repository_id, sha);
-- Every change of a plan after it was announced, by whom and why; shown in the report.
create table amendments (
  id uuid primary key default gen_random_uuid(),
  analysis_id uuid not null references analyses on delete cascade,
  kind text not null check (kind in ('extend', 'acknowledge', 'rerun', 'late', 'config-changed')),
  actor text not null,
  detail jsonb not null,
  -- the comment or click that asked for it, so that a redelivery changes nothing twice
  origin text not null,
  at timestamptz not null,
  unique (analysis_id, origin)
);
create table verdicts (
  id uuid primary key default gen_random_uuid(),
  analysis_id uuid not null references analyses on delete cascade,
  installation_id bigint not null,
  repository_id bigint not null,
  environment text not null,
  services text[] not null,
  sha text not null,
  deployed_at timestamptz not null,
  verdict text not null,
  conclusion text not null,
  mode text not null,
  reason_codes text[] not null,
  title text not null,
  look integer not null,
  late_seconds double precision not null,
  -- fingerprint of what the report says; the same result is stored once
  digest text not null,
  -- result.json, gzip
  document bytea not null,
  -- its lines in the ledger, one per service
  ledger jsonb not null,
  created_at timestamptz not null,
  unique (analysis_id, digest)
);
create index on verdicts (repository_id, environment, created_at desc);
-- the web page turns over by this key
create index on verdicts (repository_id, created_at desc, id desc);
-- What became of a deploy later, for the ledger.
create table outcomes (
  id uuid primary key default gen_random_uuid(),
  installation_id bigint not null,
  repository_id bigint not null references repositories on delete cascade,
  environment text,
  sha text not null,
  kind text not null check (kind in ('reverted', 'hotfix', 'incident', 'fine')),
  origin text not null,
  note text not null,
  at timestamptz not null,
  unique (repository_id, sha, kind, origin)
);
`;

const GATES_AND_REACTIONS = `
create table gates (
  id uuid primary key default gen_random_uuid(),
  installation_id bigint not null,
  repository_id bigint not null references repositories on delete cascade,
  run_id bigint not null,
  environment text not null,
  -- tells a new attempt of the same run from the same question asked again; null: GitHub named none
  deployment_id bigint,
  sha text not null,
  -- 'left-to-people': said so, and still open to a later verdict
  state text not null check (state in ('waiting', 'approved', 'rejected', 'left-to-people', 'expired')),
  -- the environment whose verdict it asks for, and the analysis that it waits for; null: not known yet
  watches text,
  analysis_id uuid references analyses on delete set null,
  -- written down before it is sent, so that a second try sends the same
  decision text check (decision in ('approved', 'rejected')),
  -- status reports sent so far; GitHub takes ten
  reports integer not null default 0,
  last_report text,
  reported_at timestamptz,
  -- since when every look failed; null: the last one did not
  failing_since timestamptz,
  reason text,
  requested_at timestamptz not null,
  deadline timestamptz not null,
  next_at timestamptz,
  decided_at timestamptz,
  unique (repository_id, run_id, environment)
);
create index on gates (next_at) where state in ('waiting', 'left-to-people');
create index on gates (repository_id, watches) where state in ('waiting', 'left-to-people');
-- What people asked for in comments and by buttons: answered once, however often GitHub tells us, and never too often.
create table commands (
  id uuid primary key default gen_random_uuid(),
  installation_id bigint not null,
  repository_id bigint not null references repositories on delete cascade,
  -- number of the pull request or issue; null: a button on a check run
  issue bigint,
  -- the comment or the click
  origin text not null,
  actor text not null,
  command text not null,
  -- null: being worked on
  outcome text,
  -- a comment of ours answered it
  answered boolean not null default false,
  at timestamptz not null,
  unique (repository_id, origin)
);
create index on commands (repository_id, issue, at desc);
create table reactions (
  id uuid primary key default gen_random_uuid(),
  verdict_id uuid not null references verdicts on delete cascade,
  installation_id bigint not null,
  repository_id bigint not null,
  environment text not null,
  kind text not null,
  -- what is done at most once, however often a job is repeated
  key text not null unique,
  state text not null check
    (state in ('planned', 'awaiting-click', 'dry-run', 'sending', 'sent', 'failed', 'unknown', 'limited')),
  detail jsonb not null,
  -- times that it was tried, and what it led to (an issue, a deployment)
  attempts integer not null default 0,
  url text,
  error text,
  created_at timestamptz not null,
  sent_at timestamptz
);
create index on reactions (repository_id, environment, kind, created_at desc);
`;

const SECRETS_AND_SESSIONS = `
create table secrets (
  id uuid primary key default gen_random_uuid(),
  installation_id bigint not null references installations on delete cascade,
  -- null: for every repository of the installation
  repository_id bigint references repositories on delete cascade,
  name text not null,
  ciphertext bytea not null,
  created_by text not null,
  created_at timestamptz not null default now(),
  unique nulls not distinct (installation_id, repository_id, name)
);
create table web_sessions (
  -- SHA-256 of the cookie's value
  id text primary key,
  user_id bigint not null,
  login text not null,
  -- the person's own token, encrypted: access is asked of GitHub with it
  token bytea not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default now()
);
create index on web_sessions (expires_at);
`;

export const MIGRATIONS: readonly Migration[] = [
  { id: 1, name: "tenants and deliveries", sql: TENANTS },
  { id: 2, name: "analyses, verdicts and outcomes", sql: ANALYSES },
  { id: 3, name: "gates and reactions", sql: GATES_AND_REACTIONS },
  { id: 4, name: "secrets and web sessions", sql: SECRETS_AND_SESSIONS },
];
