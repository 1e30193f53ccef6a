import { DeployImpactError } from "../../core/errors.ts";
import type { JsonValue } from "../../core/outcome.ts";
import type { Ports } from "../../ports.ts";
import { readBody } from "../../sources/http/body.ts";
import { errorCode } from "../../sources/http/network.ts";
import { showable } from "../../sources/http/redact.ts";
import { parseRetryAfter } from "../../sources/http/retry.ts";

/** What became of one attempt. */
export type Delivery =
  | { readonly kind: "sent"; readonly url: string | null }
  /** Another attempt would end the same way. */
  | { readonly kind: "refused"; readonly why: string }
  /** Nothing arrived: it may be sent again. */
  | { readonly kind: "later"; readonly why: string; readonly afterSeconds: number | null }
  /** It may have arrived. */
  | { readonly kind: "unclear"; readonly why: string; readonly afterSeconds: number | null };

/** A reaction that is ready to go: everything that can fail without consequence is behind it. */
export interface Prepared {
  /** What exactly will be sent, without secrets. */
  readonly request: JsonValue;
  readonly deliver: () => Promise<Delivery>;
}

/** Receivers answer with a word or two. */
const LARGEST_ANSWER_BYTES = 65_536;
const TIMEOUT_MS = 20_000;

/** Faults before a connection stood: nothing was said to anybody. */
const NOT_CONNECTED =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|ERR_TLS_.*|ERR_SSL_.*|CERT_.*|.*_CERT.*|UNABLE_TO_.*|EPROTO|HOSTNAME_MISMATCH)$/;

export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Who answers, for messages: "Slack". */
  readonly receiver: string;
  /** Texts that no message may hold. */
  readonly secrets: readonly string[];
}

/** One POST, never redirected, bounded in time and size; nothing is thrown. */
export async function post(
  { url, headers, body, receiver, secrets }: Post,
  { fetch, now }: Pick<Ports, "fetch" | "now">,
): Promise<Delivery> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", "user-agent": "deploy-impact", ...headers },
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const answer = await readBody(response, LARGEST_ANSWER_BYTES);
    const words = answer.type === "complete" ? showable(answer.text, secrets, 200) : "";
    return judgeStatus(response, `${receiver} answers ${response.status}${words === "" ? "" : `: ${words}`}`, now());
  } catch (thrown) {
    if (thrown instanceof DeployImpactError) return { kind: "refused", why: `${thrown.message} ${thrown.hint}` };
    const code = errorCode(thrown);
    const isTimeout = thrown instanceof Error && thrown.name === "TimeoutError";
    if (isTimeout) return { kind: "unclear", why: `${receiver} did not answer in time`, afterSeconds: null };
    if (NOT_CONNECTED.test(code))
      return { kind: "later", why: `${receiver} cannot be reached (${code})`, afterSeconds: null };
    return {
      kind: "unclear",
      why: `the connection to ${receiver} broke (${code || "no reason given"})`,
      afterSeconds: null,
    };
  }
}

function judgeStatus({ status, headers }: Response, why: string, nowMs: number): Delivery {
  if (status >= 200 && status < 300) return { kind: "sent", url: null };
  const wait = parseRetryAfter(headers.get("retry-after"), nowMs);
  const afterSeconds = wait === null ? null : wait / 1000;
  if (status === 429) return { kind: "later", why, afterSeconds };
  if (status === 408 || status >= 500) return { kind: "unclear", why, afterSeconds };
  return { kind: "refused", why };
}

/** What a failure of a call to GitHub means for a write that must not be repeated blindly. */
export function deliveryOfGithub(error: unknown): Delivery {
  if (!(error instanceof DeployImpactError)) throw error;
  switch (error.code) {
    case "GITHUB_UNAVAILABLE":
      return { kind: "unclear", why: error.message, afterSeconds: null };
    case "GITHUB_RATE_LIMITED":
      return { kind: "later", why: error.message, afterSeconds: 60 };
    default:
      return { kind: "refused", why: `${error.message} ${error.hint}` };
  }
}
