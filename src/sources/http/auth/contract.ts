import type { DeployImpactError } from "../../../core/errors.ts";
import type { HttpClient, HttpPorts } from "../contract.ts";

/** A request as it will leave. */
export interface Outgoing {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly body: string | null;
}

/** Signs requests in with something that has to be fetched or computed first. */
export interface Authenticator {
  /** Headers that sign this request in. */
  readonly authorize: (request: Outgoing) => Promise<Readonly<Record<string, string>>>;
  /** True when what signed the failed request is forgotten, so that another attempt is signed afresh. */
  readonly renew: (error: DeployImpactError, sent: Readonly<Record<string, string>>) => boolean;
}

/** What a kind of sign-in may use. */
export interface AuthContext {
  readonly ports: HttpPorts;
  /** A client for a server that gives credentials; `server` is its name for people. */
  readonly connect: (server: string, url: string) => HttpClient;
  /** Tells a text that must never be shown. */
  readonly keepSecret: (text: string) => void;
}
