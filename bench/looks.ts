/**
 * Planned looks on recorded telemetry: what a stream of looks alarms in all, how early it finds an effect, what it costs.
 *
 *     npm run bench -- looks DIR
 *
 * DIR is a folder of cases as `npm run arena` reads it, with manifest.jsonl. Streams in which nothing happened: the plain
 * A/A cases, and up to three earlier fake deploys of 32 steps in the same panels. Effects: the arena's own harmful ones,
 * and 2, 4 and 8 placebo standard deviations of harm added to the A/A cases. Every
 * look is an estimate of its own by the default method; checks, which only take answers back, are left out.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { did } from "../src/core/designs/did.ts";
import { lookLevels } from "../src/core/inference/sequential/look-levels.ts";
import type { Series } from "../src/core/panel/series.ts";
import type { Direction, Kind, SliPlan } from "../src/core/plan.ts";
import { studentTQuantile } from "../src/core/probability/student-t.ts";
import { readPanel } from "../src/sources/file/panel.ts";
import { everyRowPlan } from "./data/every-row-plan.ts";

const LOOKS = [1, 2, 4, 8] as const;
const FINEST = 8;
/** Steps after an earlier fake deploy, and what must be left before it. */
const [SHIFT, LEAST_PRE] = [32, 72];
const PLANTED = [2, 4, 8];
const ALPHA = 0.05;

interface Case {
  readonly id: string;
  readonly file: string;
  readonly deploy_time: string;
  readonly step_s: number;
  readonly metric_type: string;
  readonly bad_direction: Direction;
  readonly value_semantics: "gauge" | "counter";
}

interface Truth {
  readonly id: string;
  readonly kind: string;
  readonly family: string;
  readonly expected: string;
  readonly truth_abs: number;
  readonly snr: number | null;
  readonly placebo_sd: number | null;
  readonly n_pre: number;
  readonly n_post: number;
}

/** What one look shows; harm > 0 is worse, raw units. */
interface Seen {
  readonly p: number;
  readonly harm: number;
  readonly stdError: number | null;
  readonly dof: number | null;
}

interface Stream {
  readonly of: "quiet" | "earlier" | "effect" | "planted";
  /** Placebo standard deviations, 0 where nothing was done. */
  readonly size: number;
  /** Which way the effect goes: 1 worse, -1 better. */
  readonly sign: number;
  readonly sd: number;
  /** At 1/8, 2/8, ... of the post window; null: refused. */
  readonly seen: readonly (Seen | null)[];
}

function linesOf<T>(dir: string, name: string): T[] {
  const lines = readFileSync(path.join(dir, name), "utf8").split("\n");
  return lines.filter((line) => line.trim() !== "").map((line) => JSON.parse(line) as T);
}

function kindOf(one: Case): Kind {
  if (one.value_semantics === "counter") return "counter";
  return one.metric_type === "ratio" ? "ratio" : "gauge";
}

/** Every eighth of the post window, judged as a look of its own. */
function look(one: Case, series: readonly Series[], deployedAt: number, post: number): (Seen | null)[] {
  const sli: SliPlan = {
    id: one.id,
    kind: kindOf(one),
    direction: one.bad_direction,
    role: "primary",
    margin: { type: "absolute", value: 0, text: "0" },
  };
  return Array.from({ length: FINEST }, (_, k) => {
    const steps = Math.floor((post * (k + 1)) / FINEST);
    const plan = everyRowPlan({ sli, deployedAt, step: one.step_s, design: "did" });
    const window = { ...plan.window, postEnd: deployedAt + steps * one.step_s };
    const found = did.brief?.({ plan: { ...plan, window }, sli, input: { sli: one.id, series, warnings: [] } });
    if (found?.ok !== true || found.value.effect.pTwoSided === null) return null;
    const { att, pTwoSided: p, stdError, dof } = found.value.effect;
    return { p, harm: one.bad_direction === "up" ? att : -att, stdError, dof };
  });
}

function withHarm(one: Case, series: readonly Series[], from: number, amount: number): Series[] {
  const added = one.bad_direction === "up" ? amount : -amount;
  return series.map((unit) =>
    unit.group === "treated"
      ? { ...unit, values: unit.values.map((value, i) => ((unit.times[i] ?? 0) >= from ? value + added : value)) }
      : unit,
  );
}

async function streamsOf(dir: string, one: Case, truth: Truth): Promise<Stream[]> {
  const isQuiet = truth.kind === "none" || truth.kind === "none_ramp";
  const isHarm = truth.family === "effect" && truth.expected === "fail";
  // Fewer steps than looks cannot be looked at that often.
  const isLong = truth.n_post >= FINEST;
  if (!isQuiet && !(isHarm && isLong)) return [];
  const { series } = await readPanel({ path: path.join(dir, one.file) });
  const at = Date.parse(one.deploy_time) / 1000;
  const sd = truth.placebo_sd ?? 0;
  if (isHarm) {
    const up = one.bad_direction === "up" ? 1 : -1;
    const seen = look(one, series, at, truth.n_post);
    return [{ of: "effect", size: Math.abs(truth.snr ?? 0), sign: up * Math.sign(truth.truth_abs), sd, seen }];
  }
  const quiet: Stream[] = isLong
    ? [{ of: "quiet", size: 0, sign: 0, sd, seen: look(one, series, at, truth.n_post) }]
    : [];
  const isPlanted = isLong && sd > 0 && one.value_semantics !== "counter";
  const planted = (isPlanted ? PLANTED : []).map((size): Stream => {
    const worse = withHarm(one, series, at, size * sd);
    return { of: "planted", size, sign: 1, sd, seen: look(one, worse, at, truth.n_post) };
  });
  const earlier = [1, 2, 3]
    .filter((back) => truth.n_pre - back * SHIFT >= LEAST_PRE)
    .map((back): Stream => {
      const seen = look(one, series, at - back * SHIFT * one.step_s, SHIFT);
      return { of: "earlier", size: 0, sign: 0, sd, seen };
    });
  return [...quiet, ...planted, ...earlier];
}

/** First look at which `stops`, as a share of the post window; null: none. */
function stoppedAt(stream: Stream, looks: number, stops: (seen: Seen, alpha: number) => boolean): number | null {
  const shares = Array.from({ length: looks }, (_, k) => (k + 1) / looks);
  const levels = lookLevels(shares, ALPHA);
  const at = shares.find((share, k) => {
    const seen = stream.seen[share * FINEST - 1] ?? null;
    return seen !== null && stops(seen, levels[k]?.alpha ?? 0);
  });
  return at ?? null;
}

/** `6.0 % [4.3-8.3] (34 of 566)`, 95 % Wilson. */
function shareText(hits: number, of: number): string {
  const z = 1.959964;
  const middle = (hits + (z * z) / 2) / (of + z * z);
  const half = (z / (of + z * z)) * Math.sqrt((hits * (of - hits)) / of + (z * z) / 4);
  const percent = (value: number): string => (100 * value).toFixed(1);
  return `${percent(hits / of)} % [${percent(Math.max(0, middle - half))}-${percent(middle + half)}] (${hits} of ${of})`;
}

interface Question {
  readonly name: string;
  readonly streams: readonly Stream[];
  readonly stops: (stream: Stream) => (seen: Seen, alpha: number) => boolean;
  readonly withTime: boolean;
}

const alarms = (): ((seen: Seen, alpha: number) => boolean) => (seen, alpha) => seen.p <= alpha;

const found =
  ({ sign }: Stream) =>
  (seen: Seen, alpha: number): boolean =>
    seen.p <= alpha && Math.sign(seen.harm) === sign;

/** Harm beyond `margin` placebo standard deviations is ruled out. */
const safe =
  (margin: number) =>
  ({ sd }: Stream) =>
  ({ harm, stdError, dof }: Seen, alpha: number): boolean =>
    stdError !== null && dof !== null && harm + studentTQuantile(1 - alpha / 2, dof) * stdError < margin * sd;

function questions(all: readonly Stream[]): Question[] {
  const of = (kind: Stream["of"], size?: number): Stream[] =>
    all.filter((one) => one.of === kind && (size === undefined || one.size === size));
  const clear = of("effect").filter(({ size }) => size >= 4);
  const measured = of("quiet").filter(({ sd }) => sd > 0);
  const question = (
    name: string,
    streams: readonly Stream[],
    stops: Question["stops"],
    withTime: boolean,
  ): Question => ({ name, streams, stops, withTime });
  return [
    question("alarms, nothing happened", [...of("quiet"), ...of("earlier")], alarms, false),
    question("... the A/A cases as they stand", of("quiet"), alarms, false),
    question("... earlier fake deploys", of("earlier"), alarms, false),
    question("harm found", of("effect"), found, true),
    question("clear harm found (at least 4 SD)", clear, found, true),
    ...PLANTED.map((size) => question(`planted harm of ${size} SD found`, of("planted", size), found, true)),
    question("nothing happened: harm of 4 SD ruled out", measured, safe(4), true),
    question("nothing happened: harm of 8 SD ruled out", measured, safe(8), true),
    question("harm of 4 SD: called less than that", of("planted", 4), safe(4), false),
  ];
}

function cell({ streams, stops, withTime }: Question, looks: number): string {
  const times = streams.map((one) => stoppedAt(one, looks, stops(one)));
  const hits = times.filter((time) => time !== null).sort((a, b) => a - b);
  const median = hits[Math.floor(hits.length / 2)];
  const when = withTime && median !== undefined ? `; at ${(100 * median).toFixed(0)} %` : "";
  return `${shareText(hits.length, streams.length)}${when}`;
}

export async function bench(): Promise<string> {
  const dir = process.argv[3];
  if (dir === undefined) throw new Error("usage: npm run bench -- looks DIR (a folder of the arena)");
  const inputs = new Map(linesOf<Case>(dir, "inputs.jsonl").map((one) => [one.id, one]));
  const streams: Stream[] = [];
  for (const truth of linesOf<Truth>(dir, "manifest.jsonl")) {
    const one = inputs.get(truth.id);
    if (one !== undefined) streams.push(...(await streamsOf(dir, one, truth)));
  }
  return [
    `Share of streams [95 % Wilson] that stop at any look; median time as a share of the post window. ${streams.length} streams.`,
    "",
    `| | ${LOOKS.map((looks) => `${looks} ${looks === 1 ? "look" : "looks"}`).join(" | ")} |`,
    `|---|${LOOKS.map(() => "---").join("|")}|`,
    ...questions(streams).map((one) => `| ${one.name} | ${LOOKS.map((looks) => cell(one, looks)).join(" | ")} |`),
  ].join("\n");
}
