import type { HttpRequest } from "../http/contract.ts";
import type { Row } from "../rows.ts";

export interface InfluxAnswer {
  readonly rows: readonly Row[];
  readonly warnings: readonly string[];
}

/** One piece of one query in one of InfluxDB's languages. */
export type InfluxQuestion = Pick<HttpRequest<InfluxAnswer>, "path" | "parameters" | "post" | "headers" | "read">;
