import { resolve } from "node:path";
import { z } from "zod";
import { KINDS } from "../../core/plan.ts";
import type { Ports } from "../../ports.ts";
import type { FetchedSeries, MetricSource, SeriesQuery } from "../contract.ts";
import { requireOwnMachine } from "../local-files.ts";
import type { SinkFactory } from "./cells.ts";
import { findLabelledColumns, LabelledSink } from "./labelled.ts";
import { readTable } from "./table.ts";

const fileOptionsSchema = z.strictObject({
  type: z.literal("file"),
  path: z
    .string()
    .min(1, { error: "must name a file" })
    .refine((path) => path !== "-", { error: "must be a file; standard input works with --panel - only" }),
});

export type FileOptions = z.infer<typeof fileOptionsSchema> & {
  /** Folder that a relative path starts from; absent: the working directory. Never part of a config. */
  readonly folder?: string;
};

/** Series from a table on disk; the texts of an SLI's queries name its columns. */
export const fileSource: MetricSource<FileOptions> = {
  id: "file",
  label: "CSV, TSV or Parquet file",
  options: fileOptionsSchema,
  capabilities: { kinds: KINDS, maxPointsPerRequest: null },
  credentials: () => [],
  fetchSeries,
  resolvePaths: (options, folder) => ({ ...options, folder }),
};

async function fetchSeries(
  options: FileOptions,
  query: SeriesQuery,
  ports: Ports,
  signal?: AbortSignal,
): Promise<FetchedSeries> {
  requireOwnMachine(
    ports,
    `The source of type \`${options.type}\``,
    "Read the SLIs from a server, for example `type: prometheus`, or judge files with the Action or the command line.",
  );
  signal?.throwIfAborted();
  const state: { sink: LabelledSink | null } = { sink: null };
  const makeSink: SinkFactory = (columns, pool) => {
    state.sink = new LabelledSink(findLabelledColumns(options.path, columns, query), query, pool);
    return state.sink;
  };
  // Messages name the file as the config does, not where it happens to lie on this machine.
  await readTable({ path: resolve(options.folder ?? ".", options.path), name: options.path }, makeSink);
  signal?.throwIfAborted();
  return state.sink?.finish() ?? { series: [], warnings: [], unmatchedUnits: [] };
}
