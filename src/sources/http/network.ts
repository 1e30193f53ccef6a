import { DeployImpactError } from "../../core/errors.ts";
import type { Failure, FailureContext } from "./failures.ts";

/** What each certificate fault means; codes are those of OpenSSL as Node reports them. */
const CERTIFICATE_FAULTS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "the certificate is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "the chain ends in a certificate that is not trusted here",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the authority that signed the certificate is not known here",
  UNABLE_TO_GET_ISSUER_CERT: "the certificate of the authority is missing",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "the authority that signed the certificate is not known here",
  CERT_UNTRUSTED: "the certificate is not trusted",
  CERT_REVOKED: "the certificate was revoked",
  CERT_REJECTED: "the certificate was rejected",
  CERT_HAS_EXPIRED: "the certificate has expired",
  CERT_NOT_YET_VALID: "the certificate is not valid yet",
  ERR_TLS_CERT_ALTNAME_INVALID: "the certificate is for another host name",
  HOSTNAME_MISMATCH: "the certificate is for another host name",
};

const TRUST_HINT =
  "Let the server present a certificate of a known authority for the host in `url`, or name your own authority's file in the environment variable NODE_EXTRA_CA_CERTS.";
const PROTOCOL_HINT = "Check whether `url` of the source should start with http:// instead of https://.";

interface ConnectionRule {
  readonly says: string;
  readonly hint: string;
  readonly retry: boolean;
}

const REACH_HINT =
  "Check host and port in `url` of the source, and that the machine that runs deploy-impact may reach it.";

const CONNECTION_FAULTS: Readonly<Record<string, ConnectionRule>> = {
  ECONNREFUSED: { says: "refuses the connection", hint: REACH_HINT, retry: true },
  ECONNRESET: { says: "closed the connection", hint: REACH_HINT, retry: true },
  EPIPE: { says: "closed the connection", hint: REACH_HINT, retry: true },
  UND_ERR_SOCKET: { says: "closed the connection", hint: REACH_HINT, retry: true },
  ENOTFOUND: { says: "cannot be found: its host name is not known", hint: REACH_HINT, retry: false },
  EAI_AGAIN: { says: "cannot be found: the name service does not answer", hint: REACH_HINT, retry: true },
  ETIMEDOUT: { says: "cannot be reached: the connection was not answered", hint: REACH_HINT, retry: true },
  UND_ERR_CONNECT_TIMEOUT: {
    says: "cannot be reached: the connection was not answered",
    hint: REACH_HINT,
    retry: true,
  },
  EHOSTUNREACH: { says: "cannot be reached: there is no way to its host", hint: REACH_HINT, retry: true },
  ENETUNREACH: { says: "cannot be reached: there is no way to its network", hint: REACH_HINT, retry: true },
};

/** Translates what `fetch` throws when no answer arrived. */
export function networkFailure(thrown: unknown, context: FailureContext): Failure {
  const code = errorCode(thrown);
  const tls = tlsFailure(code, thrown, context);
  if (tls !== null) return tls;
  const rule = CONNECTION_FAULTS[code] ?? {
    says: `cannot be reached (${code === "" ? "no reason given" : code})`,
    hint: REACH_HINT,
    retry: true,
  };
  const error = new DeployImpactError(
    "SOURCE_UNAVAILABLE",
    `${context.server} ${rule.says} (asking for ${context.what}).`,
    {
      hint: rule.hint,
      cause: thrown,
    },
  );
  return { error, retry: rule.retry, retryAfterMs: null };
}

function tlsFailure(code: string, thrown: unknown, context: FailureContext): Failure | null {
  const fault = CERTIFICATE_FAULTS[code];
  const isProtocol = code === "EPROTO" || code.startsWith("ERR_SSL_") || code.startsWith("ERR_TLS_");
  if (fault === undefined && !isProtocol) return null;
  const says = fault ?? `the two sides do not agree on TLS (${code})`;
  const error = new DeployImpactError("SOURCE_TLS", `No trusted connection to ${context.server}: ${says}.`, {
    hint: fault === undefined ? PROTOCOL_HINT : TRUST_HINT,
    cause: thrown,
  });
  return { error, retry: false, retryAfterMs: null };
}

/** The first code in the chain of causes; `fetch` itself only says "fetch failed". */
export function errorCode(thrown: unknown): string {
  let current: unknown = thrown;
  for (let depth = 0; depth < 5 && typeof current === "object" && current !== null; depth += 1) {
    const code: unknown = Reflect.get(current, "code");
    if (typeof code === "string") return code;
    const attempts: unknown = Reflect.get(current, "errors");
    current = Reflect.get(current, "cause") ?? (Array.isArray(attempts) ? attempts[0] : undefined);
  }
  return "";
}
