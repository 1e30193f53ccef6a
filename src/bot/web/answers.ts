import { createHash } from "node:crypto";
import { REPORT_STYLE, STYLE } from "../../report/views/html-style.ts";
import { PAGE_STYLE } from "./views/style.ts";

/** The one style sheet, inlined; the policy allows exactly this text and nothing else. */
export const PAGE_SHEET = `${STYLE}${REPORT_STYLE}${PAGE_STYLE}`;
const SHEET_HASH = createHash("sha256").update(PAGE_SHEET).digest("base64");

const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${SHEET_HASH}'`,
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

/**
 * What every answer says to the browser: nothing from elsewhere, no script, in no frame, kept in no cache, no address
 * told to other sites. `same-origin` and not `no-referrer`: with that, forms of our own would send `Origin: null`.
 */
function securityHeaders(isHttps: boolean): Readonly<Record<string, string>> {
  return {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), browsing-topics=()",
    "cache-control": "no-store",
    ...(isHttps ? { "strict-transport-security": "max-age=31536000" } : {}),
  };
}

export interface Answer {
  readonly status: number;
  readonly body: string | null;
  readonly type?: string;
  /** Beside the security headers; several cookies are several entries. */
  readonly headers?: readonly (readonly [string, string])[];
}

export function html(status: number, body: string, headers: Answer["headers"] = []): Answer {
  return { status, body, type: "text/html; charset=utf-8", headers };
}

export function redirect(to: string, headers: Answer["headers"] = []): Answer {
  return { status: 303, body: null, headers: [["location", to], ...headers] };
}

export function responseOf({ status, body, type, headers = [] }: Answer, isHttps: boolean): Response {
  const all = new Headers(securityHeaders(isHttps));
  if (type !== undefined) all.set("content-type", type);
  for (const [name, value] of headers) all.append(name, value);
  return new Response(body, { status, headers: all });
}
