import type { ErrorCode } from "../../core/errors.ts";
import type { Ports } from "../../ports.ts";
import type { HttpLimits } from "./options.ts";

export type HttpPorts = Pick<Ports, "now" | "sleep" | "env" | "fetch" | "log" | "random" | "confinement">;

/** What a server said about its own error. */
export interface ServerWords {
  readonly text: string;
  /** The server stopped the query because of its own time limit. */
  readonly timedOut: boolean;
  /** Too many requests, said with another status than 429. */
  readonly throttled?: boolean;
}

export type BodyVerdict<T> =
  | { readonly ok: true; readonly value: T }
  /** `status`: the body is the server's own error, which belongs to this status; absent: it cannot be read. */
  | { readonly ok: false; readonly detail: string; readonly status?: number };

/** A body that is sent as it is. */
export interface Payload {
  readonly type: string;
  readonly text: string;
}

export interface HttpRequest<T> {
  /** Path below `url`, with a leading slash; empty: `url` itself. */
  readonly path: string;
  readonly parameters: readonly (readonly [name: string, value: string])[];
  /**
   * `form`: the parameters as a POST form whatever their length; a payload: POST, with the parameters in the address.
   * Absent: in the address while it is short, beyond that as a POST form, or as JSON when `long` says so.
   */
  readonly post?: "form" | Payload;
  readonly long?: "form" | "json";
  readonly headers?: Readonly<Record<string, string>>;
  /** Object of the sentence in errors: "the numerator of SLI error-rate". */
  readonly what: string;
  /** Reads the body of an answer with status 200. */
  readonly read: (body: string) => BodyVerdict<T>;
  /** Finds the server's own words in the body of any other answer; null: none found. */
  readonly explain: (body: string) => ServerWords | null;
  /** Header with the seconds to wait after too many requests, for servers without Retry-After. */
  readonly waitHeader?: string;
  /** What to change, where the usual hint of the code would mislead. */
  readonly hints?: Readonly<Partial<Record<ErrorCode, string>>>;
}

/** The wire client of every source on HTTP. One client lives for one piece of work and shares its deadline. */
export interface HttpClient {
  readonly send: <T>(request: HttpRequest<T>) => Promise<T>;
  /** Text of the server made fit to be shown. */
  readonly showable: (text: string) => string;
  readonly limits: HttpLimits;
}
