import { z } from "zod";
import type { BodyVerdict } from "../http/contract.ts";
import { readJsonBody } from "../http/json.ts";
import type { LabelledSeries, Labels } from "../labelled-series.ts";

/** Infinity among them, which zod's own number is not. */
const anyNumber = z.custom<number>((value) => typeof value === "number", { error: "is not a number" });

const answerSchema = z.array(
  z.object({
    target: z.string(),
    tags: z.record(z.string(), z.string()).nullish(),
    datapoints: z.array(z.tuple([anyNumber.nullable(), z.number()])),
  }),
);

const readAnswer = readJsonBody(answerSchema);

/** Python's JSON writes numbers that JSON does not have; 1e9999 is infinite in both. */
const NO_JSON_NUMBER = /(?<=[[,:\s])(-?)(NaN|Infinity)(?=[\s,\]}])/g;

/** `nodes` says which parts of a path are labels. */
export function readRender(
  nodes: Readonly<Record<string, number>>,
): (body: string) => BodyVerdict<readonly LabelledSeries[]> {
  return (body) => {
    const text = body.replace(NO_JSON_NUMBER, (_whole, sign: string, word: string) =>
      word === "NaN" ? "null" : `${sign}1e9999`,
    );
    const verdict = readAnswer(text);
    if (!verdict.ok) return verdict;
    const series = verdict.value.map(({ target, tags, datapoints }) => {
      const present = datapoints.filter(([value]) => value !== null);
      return {
        labels: labelsOf(target, tags ?? {}, nodes),
        times: Float64Array.from(present, ([, time]) => time),
        values: Float64Array.from(present, ([value]) => value ?? Number.NaN),
      };
    });
    const ascends = ({ times }: LabelledSeries): boolean =>
      times.every((time, at) => at === 0 || time > (times[at - 1] ?? 0));
    if (!series.every(ascends)) return { ok: false, detail: "the times of a series do not ascend" };
    return { ok: true, value: series.filter(({ times }) => times.length > 0) };
  };
}

/** Tags of the series, the parts of its path, and `name`, which is its alias or its path. */
function labelsOf(target: string, tags: Labels, nodes: Readonly<Record<string, number>>): Labels {
  const { name: path = target, ...own } = tags;
  const parts = pathIn(path).split(".");
  const named = Object.entries(nodes).flatMap(([label, place]) => {
    const part = parts.at(place);
    return part === undefined ? [] : [[label, part] as const];
  });
  return { ...own, ...Object.fromEntries(named), name: target };
}

/** The path inside functions: `averageSeries(a.b.c,"x")` is a.b.c; tags after a semicolon are no part of it. */
function pathIn(name: string): string {
  const inner = /(?:^|[(,])\s*([^\s(),"']+\.[^\s(),"']*)/.exec(name)?.[1] ?? name;
  return inner.split(";")[0] ?? inner;
}
