import { z } from "zod";
import { DeployImpactError } from "../../core/errors.ts";
import type { StepGrid } from "../grid.ts";
import type { HttpRequest } from "../http/contract.ts";
import { readJsonBody } from "../http/json.ts";
import type { Row } from "../rows.ts";
import { fillIn, templateProblem } from "../template.ts";
import { unaskable, unusable } from "../unusable.ts";
import type { InfluxdbOptions } from "./options.ts";
import type { InfluxAnswer, InfluxQuestion } from "./question.ts";

const EXAMPLE = 'SELECT mean("usage") FROM "cpu" WHERE {{time}} GROUP BY time({{step}}), "zone"';

const answerSchema = z.object({
  error: z.string().nullish(),
  results: z
    .array(
      z.object({
        error: z.string().nullish(),
        partial: z.boolean().nullish(),
        messages: z.array(z.object({ text: z.string() })).nullish(),
        series: z
          .array(
            z.object({
              name: z.string().nullish(),
              tags: z.record(z.string(), z.string()).nullish(),
              columns: z.array(z.string()),
              values: z.array(z.array(z.unknown())).nullish(),
              partial: z.boolean().nullish(),
            }),
          )
          .nullish(),
      }),
    )
    .nullish(),
});

type Answer = z.infer<typeof answerSchema>;
type Found = NonNullable<NonNullable<Answer["results"]>[number]["series"]>[number];

/** GET /query of InfluxDB 1, which 2 and 3 understand as well. */
export function influxqlQuestion(
  text: string,
  piece: StepGrid,
  options: InfluxdbOptions,
  what: string,
): InfluxQuestion {
  const problem = templateProblem(text, ["time", "start", "end", "step"], [["time"], ["start", "end"]]);
  if (problem !== null) throw unaskable(what, problem, `Write for example \`${EXAMPLE}\`.`);
  const [start, end] = [milliseconds(piece.start), milliseconds(piece.end + piece.step)];
  const q = fillIn(text.trim(), {
    time: `time >= ${start} AND time < ${end}`,
    start,
    end,
    step: milliseconds(piece.step),
  });
  return {
    path: "/query",
    parameters: [
      ["db", options.database ?? ""],
      ...(options["retention-policy"] === undefined ? [] : [["rp", options["retention-policy"]] as const]),
      ["epoch", "ms"],
      ["q", q],
    ],
    read: readAnswer(what),
  };
}

function milliseconds(seconds: number): string {
  return `${Math.round(seconds * 1000)}ms`;
}

function readAnswer(what: string): HttpRequest<InfluxAnswer>["read"] {
  const read = readJsonBody(answerSchema);
  return (body) => {
    const verdict = read(body);
    if (!verdict.ok) return verdict;
    const results = verdict.value.results ?? [];
    const error = verdict.value.error ?? results.find((one) => typeof one.error === "string")?.error;
    if (error !== undefined && error !== null) return { ok: false, detail: error, status: statusOf(error) };
    if (verdict.value.results === undefined) return { ok: false, detail: "it holds no results" };
    if (results.length > 1) throw unusable(what, "it is made of several statements", `Write one: \`${EXAMPLE}\`.`);
    const [result] = results;
    if (result?.partial === true || result?.series?.some((one) => one.partial === true) === true) throw partial(what);
    const warnings = (result?.messages ?? []).map((message) => message.text);
    return { ok: true, value: { rows: (result?.series ?? []).flatMap((one) => rowsOf(one, what)), warnings } };
  };
}

function statusOf(error: string): number {
  if (/timeout|interrupted/i.test(error)) return 504;
  return /not authorized|authorization failed/i.test(error) ? 403 : 400;
}

/** SOURCE_TOO_LARGE, so that a shorter range is asked for. */
function partial(what: string): DeployImpactError {
  return new DeployImpactError("SOURCE_TOO_LARGE", `InfluxDB gave a part only of the answer to ${what}.`, {
    hint: "Lower `max-points` of the source, or raise `max-row-limit` of the server.",
  });
}

function rowsOf({ name, tags, columns, values }: Found, what: string): Row[] {
  const time = columns.indexOf("time");
  const others = columns.filter((column) => column !== "time");
  if (time < 0 || others.length !== 1) {
    const list = others.length === 0 ? "none" : others.join(", ");
    throw unusable(what, `it must have one column beside the time, not ${list}`, `Select one value: \`${EXAMPLE}\`.`);
  }
  const column = columns.findIndex((one) => one !== "time");
  const labels = { ...(typeof name === "string" && { measurement: name }), ...tags };
  return (values ?? []).flatMap((row) => {
    const [stamp, value] = [row[time], row[column]];
    return typeof stamp === "number" && typeof value === "number" ? [{ labels, time: stamp / 1000, value }] : [];
  });
}
