/**
 * A GitHub that keeps what is written to it: a real HTTP server on the loopback interface. Every request is judged by
 * GitHub's own description (what GitHub would refuse is refused with 422 and remembered as a violation), every
 * answer is judged by it as well.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  answerProblems,
  completeAnswer,
  type Json,
  type Route,
  requestProblems,
  routeOf,
} from "../contract/github-contract.ts";
import { type Dispatched, dispatchAnswers, nothingDispatched } from "./github-dispatches.ts";

export type Fields = { [key: string]: Json };

export interface StandInDeployment {
  readonly id: number;
  readonly sha: string;
  readonly environment: string;
  /** ISO 8601 */
  readonly createdAt: string;
  readonly payload?: Json;
  readonly transient?: boolean;
  /** Newest last. */
  readonly statuses?: readonly { readonly state: string; readonly at: string }[];
}

export interface StandInPullRequest {
  readonly number: number;
  readonly mergeSha: string | null;
  readonly headSha: string;
  readonly merged?: boolean;
  readonly repository?: string;
  /** Commits for which the index names it; default: its merge commit. */
  readonly indexedFor?: readonly string[];
  readonly files?: readonly string[];
}

export interface StandInCommit {
  readonly sha: string;
  readonly message: string;
  /** ISO 8601 */
  readonly at: string;
}

export interface Comparison {
  readonly status: "ahead" | "behind" | "identical" | "diverged";
  readonly commits: readonly StandInCommit[];
  readonly files?: readonly string[];
}

/** What the token may not do. */
export type Denied = "contents" | "deployments" | "checks" | "checks-write" | "pulls" | "comments" | "gates";

/** What somebody may do; `permissions` are the flags that newer answers carry. */
export interface StandInPerson {
  readonly permission: "admin" | "write" | "read" | "none";
  readonly role?: string;
  readonly permissions?: {
    readonly pull: boolean;
    readonly triage: boolean;
    readonly push: boolean;
    readonly maintain: boolean;
    readonly admin: boolean;
  };
}

export interface StoredReaction {
  readonly id: number;
  readonly comment: number;
  readonly content: string;
}

/** A status report (no state) or a decision about a deployment protection rule. */
export interface StoredReview {
  readonly runId: number;
  readonly environment: string;
  readonly state: string | null;
  readonly comment: string;
}

export interface StoredCheck {
  readonly id: number;
  readonly headSha: string;
  readonly appSlug: string;
  readonly appId: number;
  fields: Fields;
}

export interface StoredComment {
  readonly id: number;
  readonly issue: number;
  readonly login: string;
  body: string;
}

export interface SentRequest {
  readonly method: string;
  readonly path: string;
  readonly body: Json | undefined;
}

export interface GithubState {
  readonly repository: string;
  readonly private: boolean;
  /** Other repositories that everybody can read. */
  readonly publicRepositories: ReadonlySet<string>;
  appSlug: string;
  /** Of the App behind the token. */
  appId: number;
  files: Record<string, string>;
  deployments: StandInDeployment[];
  pullRequests: StandInPullRequest[];
  commits: StandInCommit[];
  /** `base...head` -> what lies between. */
  comparisons: Record<string, Comparison>;
  checks: StoredCheck[];
  comments: StoredComment[];
  denied: Set<Denied>;
  /** By login; who is not here does not exist. */
  people: Record<string, StandInPerson>;
  reactions: StoredReaction[];
  reviews: StoredReview[];
  readonly dispatched: Dispatched;
  /** Pull requests of a commit are found from this request on (1: at once). */
  indexedFrom: number;
  lockedIssues: Set<number>;
  /** Answers to give instead, first come first served. */
  failures: {
    readonly match: (request: SentRequest) => boolean;
    readonly status: number;
    readonly body?: Json;
    readonly headers?: Record<string, string>;
    readonly afterwards?: boolean;
  }[];
}

export interface GithubStandIn {
  readonly url: string;
  readonly state: GithubState;
  readonly requests: SentRequest[];
  readonly violations: string[];
  readonly writes: () => SentRequest[];
  readonly close: () => Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly body?: Json;
  readonly headers?: Record<string, string>;
}

export async function startGithub(initial: Partial<GithubState> = {}, prefix = ""): Promise<GithubStandIn> {
  const state: GithubState = {
    repository: "acme/shop",
    private: true,
    publicRepositories: new Set(),
    appSlug: "github-actions",
    appId: 15368,
    files: {},
    deployments: [],
    pullRequests: [],
    commits: [],
    comparisons: {},
    checks: [],
    comments: [],
    denied: new Set(),
    people: {},
    reactions: [],
    reviews: [],
    dispatched: nothingDispatched(),
    indexedFrom: 1,
    lockedIssues: new Set(),
    failures: [],
    ...initial,
  };
  const requests: SentRequest[] = [];
  const violations: string[] = [];
  const server = createServer((request, response) => {
    void serve({ request, response, state, requests, violations, prefix }).catch((error: unknown) => {
      violations.push(`stand-in: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      response.writeHead(500).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${prefix}`,
    state,
    requests,
    violations,
    writes: () => requests.filter(({ method }) => method !== "GET"),
    close: () => closed(server),
  };
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly state: GithubState;
  readonly requests: SentRequest[];
  readonly violations: string[];
  readonly prefix: string;
}

async function serve({ request, response, state, requests, violations, prefix }: Exchange): Promise<void> {
  const url = new URL(request.url ?? "/", "http://stand-in");
  const method = request.method ?? "GET";
  const text = await bodyText(request);
  const body = text === "" ? undefined : (JSON.parse(text) as Json);
  const pathname = url.pathname.startsWith(prefix)
    ? url.pathname.slice(prefix.length)
    : `outside ${prefix}: ${url.pathname}`;
  const sent = { method, path: `${pathname}${url.search}`, body };
  requests.push(sent);
  const route = routeOf(method, pathname);
  const problems =
    route === null ? [`no such call: ${method} ${pathname}`] : requestProblems(route, url.searchParams, body);
  if (!/^(token|bearer) \S+/i.test(request.headers.authorization ?? "")) problems.push("no token");
  for (const problem of problems) violations.push(`${method} ${pathname}: ${problem}`);
  const failure = planned(state, sent);
  if (failure !== null && !failure.afterwards)
    return send(response, { ...failure, body: failure.body ?? { message: "planned failure" } });
  if (route === null) return send(response, { status: 404, body: { message: "Not Found" } });
  if (problems.length > 0)
    return send(response, { status: 422, body: { message: `Invalid request. ${problems.join("; ")}` } });
  const answer = answerTo({
    route,
    search: url.searchParams,
    body,
    state,
    requests,
    pathname,
    address: `http://${request.headers.host}${url.pathname}`,
  });
  if (failure !== null) return send(response, { status: failure.status, body: { message: "planned failure" } });
  if (answer.status < 300) {
    for (const problem of answerProblems(route, answer.status, answer.body))
      violations.push(`answer to ${method} ${pathname}: ${problem}`);
  }
  return send(response, answer);
}

function planned(state: GithubState, sent: SentRequest): GithubState["failures"][number] | null {
  const index = state.failures.findIndex(({ match }) => match(sent));
  return index < 0 ? null : (state.failures.splice(index, 1)[0] ?? null);
}

async function bodyText(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}

function send(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  const head = { "content-type": "application/json; charset=utf-8", "x-github-request-id": "STAND:IN", ...headers };
  response.writeHead(status, head).end(body === undefined ? "" : JSON.stringify(body));
}

export interface Call {
  readonly route: Route;
  readonly search: URLSearchParams;
  readonly body: Json | undefined;
  readonly state: GithubState;
  readonly requests: readonly SentRequest[];
  readonly pathname: string;
  /** The call's own URL without its query. */
  readonly address: string;
}

const FORBIDDEN: Answer = { status: 403, body: { message: "Resource not accessible by integration" } };
const NOT_FOUND: Answer = { status: 404, body: { message: "Not Found" } };

/** Which missing permission refuses a call. */
const GUARDS: Readonly<Record<string, readonly Denied[]>> = {
  "repos/get-content": ["contents"],
  "repos/list-commits": ["contents"],
  "repos/get-commit": ["contents"],
  "repos/compare-commits-with-basehead": ["contents"],
  "repos/list-deployments": ["deployments"],
  "repos/list-deployment-statuses": ["deployments"],
  "checks/list-for-ref": ["checks"],
  "checks/create": ["checks", "checks-write"],
  "checks/update": ["checks", "checks-write"],
  "repos/list-pull-requests-associated-with-commit": ["pulls"],
  "pulls/list": ["pulls"],
  "pulls/get": ["pulls"],
  "pulls/list-files": ["pulls"],
  "issues/create-comment": ["comments"],
  "issues/update-comment": ["comments"],
  "issues/delete-comment": ["comments"],
  "reactions/create-for-issue-comment": ["comments"],
  "reactions/delete-for-issue-comment": ["comments"],
  "actions/review-custom-gates-for-run": ["gates"],
};

function answerTo(call: Call): Answer {
  const { route, state } = call;
  const id = route.operation.operationId;
  if ((GUARDS[id] ?? []).some((permission) => state.denied.has(permission))) return FORBIDDEN;
  const make = ANSWERS[id];
  if (make === undefined) throw new Error(`no answer is written for ${id}`);
  const answer = make(call);
  if (answer.status >= 300 || answer.body === undefined) return answer;
  return { ...answer, body: completeAnswer(route, answer.status, answer.body) };
}

const ANSWERS: Readonly<Record<string, (call: Call) => Answer>> = {
  "apps/create-installation-access-token": () => ({
    status: 201,
    body: { token: "ghs_installation", expires_at: new Date(Date.now() + 3_600_000).toISOString() },
  }),
  "users/get-authenticated": () => ({ status: 200, body: { login: "a-person", type: "User" } }),
  "repos/get": ({ state, route }) => {
    const name = `${route.parameters.owner}/${route.parameters.repo}`;
    return { status: 200, body: { full_name: name, private: state.private && !state.publicRepositories.has(name) } };
  },
  "repos/get-content": ({ state, route }) => fileAnswer(state, route.parameters.path ?? ""),
  "repos/list-commits": (call) => page(call, call.state.commits.map(commitBody)),
  "repos/get-commit": ({ state, route }) => {
    const commit = state.commits.find(({ sha }) => sha === route.parameters.ref);
    return commit === undefined ? NOT_FOUND : { status: 200, body: commitBody(commit) };
  },
  "repos/compare-commits-with-basehead": ({ state, route }) => compareAnswer(state, route.parameters.basehead ?? ""),
  "repos/list-deployments": (call) => page(call, deploymentsFor(call).map(deploymentBody)),
  "repos/list-deployment-statuses": (call) => {
    const found = call.state.deployments.find(({ id }) => String(id) === call.route.parameters.deployment_id);
    if (found === undefined) return NOT_FOUND;
    return page(
      call,
      [...(found.statuses ?? [])].reverse().map(({ state, at }) => ({ state, created_at: at })),
    );
  },
  "checks/list-for-ref": (call) => {
    const name = call.search.get("check_name");
    const runs = call.state.checks.filter(
      (check) => check.headSha === call.route.parameters.ref && (name === null || check.fields.name === name),
    );
    return { status: 200, body: { total_count: runs.length, check_runs: runs.toReversed().map(checkBody) } };
  },
  "checks/create": ({ state, body }) => {
    const fields = body as Fields;
    const { appSlug, appId } = state;
    const check = { id: 7000 + state.checks.length, headSha: String(fields.head_sha), appSlug, appId, fields };
    state.checks.push(check);
    return { status: 201, body: checkBody(check) };
  },
  "checks/update": ({ state, route, body }) => {
    const check = state.checks.find(({ id }) => String(id) === route.parameters.check_run_id);
    if (check === undefined) return NOT_FOUND;
    if (check.appSlug !== state.appSlug) return { status: 403, body: { message: "Invalid app_id" } };
    const fields = body as Fields;
    if (check.fields.status === "completed" && fields.status !== "completed") {
      return { status: 422, body: { message: "a completed check run cannot be opened again" } };
    }
    check.fields = { ...check.fields, ...fields };
    return { status: 200, body: checkBody(check) };
  },
  "repos/list-pull-requests-associated-with-commit": (call) => {
    const { state, route, requests, pathname } = call;
    const asked = requests.filter((one) => one.path.startsWith(pathname)).length;
    if (asked < state.indexedFrom) return { status: 200, body: [] };
    const sha = route.parameters.commit_sha ?? "";
    return page(
      call,
      state.pullRequests
        .filter((one) => (one.indexedFor ?? [one.mergeSha]).includes(sha))
        .map((one) => pullBody(state, one)),
    );
  },
  "pulls/list": (call) =>
    page(
      call,
      call.state.pullRequests.map((one) => pullBody(call.state, one)),
    ),
  "pulls/get": ({ state, route }) => {
    const found = state.pullRequests.find(({ number }) => String(number) === route.parameters.pull_number);
    return found === undefined ? NOT_FOUND : { status: 200, body: pullBody(state, found) };
  },
  "pulls/list-files": (call) => {
    const found = call.state.pullRequests.find(({ number }) => String(number) === call.route.parameters.pull_number);
    return page(
      call,
      (found?.files ?? []).map((filename) => ({ filename, status: "modified" })),
    );
  },
  "issues/list-comments": (call) =>
    page(
      call,
      call.state.comments.filter(({ issue }) => String(issue) === call.route.parameters.issue_number).map(commentBody),
    ),
  "issues/create-comment": ({ state, route, body }) => {
    const issue = Number(route.parameters.issue_number);
    if (state.lockedIssues.has(issue))
      return { status: 403, body: { message: "Unable to create comment because issue is locked." } };
    const text = String((body as Fields).body);
    if (text.length > 65_536)
      return { status: 422, body: { message: "body is too long (maximum is 65536 characters)" } };
    const id = Math.max(900, ...state.comments.map((one) => one.id)) + 1;
    const comment = { id, issue, login: `${state.appSlug}[bot]`, body: text };
    state.comments.push(comment);
    return { status: 201, body: commentBody(comment) };
  },
  "issues/update-comment": ({ state, route, body }) => {
    const comment = state.comments.find(({ id }) => String(id) === route.parameters.comment_id);
    if (comment === undefined) return NOT_FOUND;
    comment.body = String((body as Fields).body);
    return { status: 200, body: commentBody(comment) };
  },
  "issues/delete-comment": ({ state, route }) => {
    const index = state.comments.findIndex(({ id }) => String(id) === route.parameters.comment_id);
    if (index < 0) return NOT_FOUND;
    state.comments.splice(index, 1);
    return { status: 204 };
  },
  "reactions/create-for-issue-comment": ({ state, route, body }) => {
    const comment = Number(route.parameters.comment_id);
    const content = String((body as Fields).content);
    const known = state.reactions.find((one) => one.comment === comment && one.content === content);
    const user = { login: `${state.appSlug}[bot]` };
    if (known !== undefined) return { status: 200, body: { id: known.id, content, user } };
    const id = Math.max(500, ...state.reactions.map((one) => one.id)) + 1;
    state.reactions.push({ id, comment, content });
    return { status: 201, body: { id, content, user } };
  },
  "reactions/delete-for-issue-comment": ({ state, route }) => {
    const index = state.reactions.findIndex(({ id }) => String(id) === route.parameters.reaction_id);
    if (index < 0) return NOT_FOUND;
    state.reactions.splice(index, 1);
    return { status: 204 };
  },
  "repos/get-collaborator-permission-level": ({ state, route }) => {
    const login = route.parameters.username ?? "";
    const person = state.people[login];
    if (person === undefined) return NOT_FOUND;
    const { permission, role = permission, permissions } = person;
    const user = { login, role_name: role, ...(permissions === undefined ? {} : { permissions: { ...permissions } }) };
    return { status: 200, body: { permission, role_name: role, user } };
  },
  "actions/review-custom-gates-for-run": reviewAnswer,
  ...dispatchAnswers(deploymentBody),
};

/** GitHub takes ten reports, comments of 1,024 characters, and one decision. */
function reviewAnswer({ state, route, body }: Call): Answer {
  const fields = body as Fields;
  const [runId, environment] = [Number(route.parameters.run_id), String(fields.environment_name)];
  const earlier = state.reviews.filter((one) => one.runId === runId && one.environment === environment);
  const review = {
    runId,
    environment,
    state: typeof fields.state === "string" ? fields.state : null,
    comment: String(fields.comment ?? ""),
  };
  const refused = (message: string): Answer => ({ status: 422, body: { message } });
  if (review.comment.length > 1024) return refused("comment is too long (maximum is 1024 characters)");
  if (earlier.some((one) => one.state !== null)) return refused("the deployment is not waiting for this rule");
  if (review.state === null && earlier.length >= 10) return refused("too many status reports");
  state.reviews.push(review);
  return { status: 204 };
}

/** One page, and where the next one is. */
function page({ search, address }: Call, items: readonly Json[]): Answer {
  const size = Math.min(Number(search.get("per_page") ?? "30"), 100);
  const number = Number(search.get("page") ?? "1");
  const body = items.slice(size * (number - 1), size * number);
  if (items.length <= size * number) return { status: 200, body };
  const next = new URLSearchParams(search);
  next.set("page", String(number + 1));
  return { status: 200, body, headers: { link: `<${address}?${next}>; rel="next"` } };
}

function fileAnswer(state: GithubState, path: string): Answer {
  const text = state.files[path];
  if (text === undefined) return NOT_FOUND;
  const content = Buffer.from(text, "utf8");
  return {
    status: 200,
    body: {
      type: "file",
      encoding: "base64",
      size: content.length,
      name: path,
      path,
      sha: "9f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c",
      content: content.toString("base64").replace(/(.{60})/g, "$1\n"),
    },
  };
}

function commitBody({ sha, message, at }: StandInCommit): Fields {
  return { sha, commit: { message, committer: { date: at } } };
}

function compareAnswer(state: GithubState, basehead: string): Answer {
  const found = state.comparisons[basehead];
  if (found === undefined) return NOT_FOUND;
  return {
    status: 200,
    body: {
      status: found.status,
      total_commits: found.commits.length,
      commits: found.commits.map(commitBody),
      files: (found.files ?? []).map((filename) => ({ filename, status: "modified" })),
    },
  };
}

function deploymentsFor({ state, search }: Call): StandInDeployment[] {
  const environment = search.get("environment");
  const sha = search.get("sha");
  return state.deployments
    .filter((one) => (environment === null || one.environment === environment) && (sha === null || one.sha === sha))
    .toSorted((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt));
}

export function deploymentBody(one: StandInDeployment): Fields {
  return {
    id: one.id,
    sha: one.sha,
    environment: one.environment,
    created_at: one.createdAt,
    payload: one.payload ?? {},
    transient_environment: one.transient ?? false,
  };
}

function checkBody({ id, headSha, appSlug, appId, fields }: StoredCheck): Fields {
  const output = (fields.output ?? {}) as Fields;
  return {
    id,
    head_sha: headSha,
    name: fields.name ?? "x",
    external_id: fields.external_id ?? null,
    status: fields.status ?? "queued",
    conclusion: fields.conclusion ?? null,
    details_url: fields.details_url ?? null,
    html_url: `https://github.example/acme/shop/runs/${id}`,
    output: {
      title: output.title ?? null,
      summary: output.summary ?? null,
      text: output.text ?? null,
      annotations_count: 0,
    },
    app: { id: appId, slug: appSlug },
    check_suite: { id: 1 },
    pull_requests: [],
  };
}

function pullBody(state: GithubState, one: StandInPullRequest): Fields {
  return {
    number: one.number,
    merged_at: (one.merged ?? one.mergeSha !== null) ? "2026-01-01T00:00:00Z" : null,
    merge_commit_sha: one.mergeSha,
    head: { sha: one.headSha },
    base: { repo: { full_name: one.repository ?? state.repository } },
  };
}

function commentBody({ id, login, body }: StoredComment): Fields {
  return { id, body, user: { login } };
}
