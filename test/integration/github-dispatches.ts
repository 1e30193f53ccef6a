import type { Json } from "../contract/github-contract.ts";
import type { Answer, Call, Fields, StandInDeployment } from "./github-stand-in.ts";

/** What was started, sent and written down by calls that cannot be taken back. */
export interface Dispatched {
  /** File name of a workflow -> the inputs that it declares. */
  readonly workflows: Record<string, readonly string[]>;
  readonly started: { readonly workflow: string; readonly ref: string; readonly inputs: Json }[];
  readonly events: { readonly type: string; readonly payload: Json }[];
  readonly issues: StandInIssue[];
}

export interface StandInIssue {
  readonly number: number;
  title: string;
  body: string;
  readonly labels: readonly string[];
  readonly login: string;
  readonly isBot: boolean;
}

export function nothingDispatched(): Dispatched {
  return { workflows: {}, started: [], events: [], issues: [] };
}

const NOT_FOUND: Answer = { status: 404, body: { message: "Not Found" } };

export const dispatchAnswers = (
  deploymentBody: (one: StandInDeployment) => Fields,
): Readonly<Record<string, (call: Call) => Answer>> => ({
  "actions/create-workflow-dispatch": ({ state, route, body }) => {
    const workflow = route.parameters.workflow_id ?? "";
    const declared = state.dispatched.workflows[workflow];
    if (declared === undefined) return NOT_FOUND;
    const fields = body as Fields;
    const inputs = (fields.inputs ?? {}) as Fields;
    const unexpected = Object.keys(inputs).filter((name) => !declared.includes(name));
    if (unexpected.length > 0) {
      return { status: 422, body: { message: `Unexpected inputs provided: ${JSON.stringify(unexpected)}` } };
    }
    state.dispatched.started.push({ workflow, ref: String(fields.ref), inputs });
    return { status: 204 };
  },
  "repos/create-dispatch-event": ({ state, body }) => {
    const fields = body as Fields;
    state.dispatched.events.push({ type: String(fields.event_type), payload: fields.client_payload ?? {} });
    return { status: 204 };
  },
  "repos/create-deployment": ({ state, body }) => {
    const fields = body as Fields;
    const id = Math.max(0, ...state.deployments.map((one) => one.id)) + 1;
    const made = {
      id,
      sha: String(fields.ref),
      environment: String(fields.environment),
      createdAt: new Date(
        Math.max(...state.deployments.map((one) => Date.parse(one.createdAt))) + 60_000,
      ).toISOString(),
      payload: fields.payload ?? {},
    };
    state.deployments.unshift(made);
    return { status: 201, body: deploymentBody(made) };
  },
  "issues/list-for-repo": ({ state, search }) => {
    const label = search.get("labels") ?? "";
    const found = state.dispatched.issues.filter(({ labels }) => labels.includes(label));
    return { status: 200, body: found.toReversed().map(issueBody) };
  },
  "issues/create": ({ state, body }) => {
    const fields = body as Fields;
    const issue = {
      number: 300 + state.dispatched.issues.length,
      title: String(fields.title),
      body: String(fields.body),
      labels: (fields.labels as string[]) ?? [],
      login: `${state.appSlug}[bot]`,
      isBot: true,
    };
    state.dispatched.issues.push(issue);
    return { status: 201, body: issueBody(issue) };
  },
  "issues/update": ({ state, route, body }) => {
    const issue = state.dispatched.issues.find(({ number }) => String(number) === route.parameters.issue_number);
    if (issue === undefined) return NOT_FOUND;
    const fields = body as Fields;
    issue.title = String(fields.title);
    issue.body = String(fields.body);
    return { status: 200, body: issueBody(issue) };
  },
});

function issueBody({ number, title, body, labels, login, isBot }: StandInIssue): Fields {
  return {
    number,
    title,
    body,
    state: "open",
    html_url: `https://git.example.com/acme/shop/issues/${number}`,
    user: { login, type: isBot ? "Bot" : "User" },
    labels: labels.map((name) => ({ name })),
  };
}
