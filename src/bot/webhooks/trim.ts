import type { DeliveryHandlers } from "./contract.ts";

/** Parts of a payload, beside `action`, `installation`, `repository` and `sender`, that handlers may read. */
export const KEPT: Readonly<Record<keyof DeliveryHandlers, readonly string[]>> = {
  deployment_status: ["deployment_status", "deployment"],
  deployment_protection_rule: [
    "environment",
    "event",
    "sha",
    "ref",
    "deployment_callback_url",
    "deployment",
    "pull_requests",
  ],
  check_run: ["check_run", "requested_action"],
  issue_comment: ["issue", "comment"],
  merge_group: ["merge_group"],
  installation: ["repositories"],
  installation_repositories: ["repositories_added", "repositories_removed", "repository_selection"],
  repository: ["changes"],
  push: ["ref", "before", "after", "deleted", "commits", "head_commit"],
  repository_dispatch: ["client_payload"],
};

/** Of these events only some actions have a handler; the others come by the thousand, as every check of every App does. */
const ACTIONS: Partial<Readonly<Record<keyof DeliveryHandlers, readonly string[]>>> = {
  check_run: ["rerequested", "requested_action"],
  issue_comment: ["created"],
  deployment_protection_rule: ["requested"],
  merge_group: ["checks_requested"],
};

/** Whether a webhook has a handler. */
export function isHandled(event: string, action: string | null): event is keyof DeliveryHandlers {
  if (!Object.hasOwn(KEPT, event)) return false;
  const actions = ACTIONS[event as keyof DeliveryHandlers];
  return actions === undefined || (action !== null && actions.includes(action));
}

const ALWAYS = ["action", "installation", "repository", "sender"];

/** Long and read by nobody: what a check says, what a pull request is about, which files a commit touched. */
const DROPPED = new Set(["output", "added", "removed", "modified", "reactions", "performed_via_github_app"]);

/** Addresses that mean something to us; the others (dozens per object) can be put together from ids. */
const ADDRESSES = new Set(["url", "html_url", "log_url", "target_url", "environment_url", "deployment_callback_url"]);

/** Users and repositories in full are large and come several times in one payload. */
const SHORT: Readonly<Record<string, readonly string[]>> = {
  sender: ["id", "login", "type"],
  user: ["id", "login", "type"],
  creator: ["id", "login", "type"],
  owner: ["id", "login", "type"],
  account: ["id", "login", "type"],
  app: ["id", "slug"],
  check_suite: ["id", "head_sha", "head_branch"],
};

/** What is stored of a payload: enough for its handler, and nothing that PostgreSQL cannot hold. */
export function trimmed(
  event: keyof DeliveryHandlers,
  payload: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const names = [...ALWAYS, ...KEPT[event]].filter((name) => name in payload);
  return Object.fromEntries(names.map((name) => [name, shortened(name, payload[name])]));
}

function shortened(name: string, value: unknown): unknown {
  if (typeof value === "string") return storable(value);
  if (Array.isArray(value)) return value.map((one) => shortened(name, one));
  if (typeof value !== "object" || value === null) return value;
  // These belong to whoever made the deployment.
  if (name === "payload" || name === "client_payload") return stored(value);
  const kept = SHORT[name];
  const entries = Object.entries(value).filter(
    ([key]) =>
      (kept === undefined || kept.includes(key)) && !DROPPED.has(key) && (!key.endsWith("_url") || ADDRESSES.has(key)),
  );
  return Object.fromEntries(entries.map(([key, one]) => [storable(key), shortened(key, one)]));
}

function stored(value: unknown): unknown {
  if (typeof value === "string") return storable(value);
  if (Array.isArray(value)) return value.map(stored);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [storable(key), stored(one)]));
}

/** A NUL, and half of a pair of surrogates, are legal in JSON and not in jsonb. */
function storable(text: string): string {
  return text.replaceAll("\u0000", "").replaceAll(/\p{Surrogate}/gu, "\ufffd");
}
