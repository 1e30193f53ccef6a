import { WANTED_SHARE } from "../../core/history/advice.ts";
import type { Fake, FakeSli } from "../../core/history/fake.ts";
import type { OutlookCell, OutlookDocument, SliOutlook } from "../../core/history/result.ts";
import { outlookOf, sliKey } from "../../core/history/tally.ts";
import type { Margin } from "../../core/plan.ts";
import { roundDeep } from "../../core/round.ts";
import { POWER } from "../../core/verdict/power.ts";
import type { Log } from "../../ports.ts";
import { type DocumentHead, documentOf, refusalOf } from "./document.ts";
import { fakeTimes } from "./fake-times.ts";
import { runFakes } from "./run-fakes.ts";
import type { Study, StudyPart } from "./study.ts";
import { fewerUnits, leftOutFor, streamAt } from "./units.ts";

/** Post windows that are tried: what people set, as far as history and pre window have room. */
const USUAL_POSTS = [5, 10, 15, 30, 60, 120, 240, 480, 720, 1440].map((minutes) => minutes * 60);
/** Windows shorter than this many steps are no windows. */
const FEWEST_STEPS = 3;
/** A setting with fewer fake deploys says nothing. */
const FEWEST_TIMES = 3;

export interface OutlookRequest extends DocumentHead {
  /** Post windows to try, seconds; null: the usual ones. */
  readonly posts: readonly number[] | null;
  /** Fake deploys per setting. */
  readonly times: number;
}

/** What the set-up can see, per length of the post window and with fewer units: by its own error, on its own history. */
export function outlook(study: Study, request: OutlookRequest, log: Log): OutlookDocument {
  const usual = fakeTimes(study, { type: "times", times: request.times });
  const posts = postsFor(study, request).flatMap((post) => {
    const { times } = fakeTimes(study, { type: "times", times: request.times }, { post });
    if (times.length < FEWEST_TIMES) return [];
    log.info(`post window of ${post} s at ${times.length} fake deploys`);
    return [{ post, fakes: runFakes(study, times, () => ({ post })) }];
  });
  const refused = posts.length > 0 ? null : refusalOf(study, usual);
  const fewer = refused === null ? smallerExperiments(study, usual.times, log) : [];
  return roundDeep({
    command: "plan",
    ...documentOf(study, usual, refused, request),
    power: POWER,
    times: request.times,
    slis: refused === null ? study.parts.flatMap((part) => outlooksOf(part, posts, fewer)) : [],
  } satisfies OutlookDocument);
}

/** The asked post windows; else the usual ones and the config's own, not longer than the pre window. */
function postsFor({ parts }: Study, { posts }: OutlookRequest): readonly number[] {
  if (posts !== null) return posts.toSorted((a, b) => a - b);
  const step = Math.max(...parts.map(({ windows }) => windows.step));
  const pre = Math.min(...parts.map(({ windows }) => windows.pre));
  const all = new Set([...USUAL_POSTS, ...parts.map(({ windows }) => windows.post)]);
  return [...all].filter((post) => post >= FEWEST_STEPS * step && post <= pre).sort((a, b) => a - b);
}

interface Smaller {
  readonly part: StudyPart;
  readonly treated: number;
  readonly control: number;
  readonly fakes: readonly Fake[];
}

/** Other units are left out at every fake deploy, so that the answer is not about particular ones. */
function smallerExperiments(study: Study, times: ReturnType<typeof fakeTimes>["times"], log: Log): Smaller[] {
  return study.parts.flatMap((part) => {
    const only: Study = { ...study, parts: [part] };
    return fewerUnits(part).map((keep) => {
      log.info(`${keep.treated} treated and ${keep.control} control units at ${times.length} fake deploys`);
      const vary = ({ at }: { readonly at: number }) => ({
        without: leftOutFor(part, keep, streamAt(study.seed, at, keep.treated * 1000 + keep.control)),
      });
      return { part, ...keep, fakes: runFakes(only, times, vary) };
    });
  });
}

function outlooksOf(
  part: StudyPart,
  posts: readonly { readonly post: number; readonly fakes: readonly Fake[] }[],
  fewer: readonly Smaller[],
): SliOutlook[] {
  const { service } = part.plan;
  return part.plan.slis.map(({ id, kind, direction, margin }) => {
    const cell = (fakes: readonly Fake[]): OutlookCell => outlookOf(slisOf(fakes, { service, id }));
    const perPost = posts.map(({ post, fakes }) => ({ post, ...cell(fakes) }));
    return {
      ...{ id, service, kind, direction, margin },
      posts: perPost,
      shortest: perPost.find((one) => isEnough(one, margin))?.post ?? null,
      fewer: fewer
        .filter((one) => one.part === part)
        .map(({ treated, control, fakes }) => ({ treated, control, ...cell(fakes) })),
    };
  });
}

/** The error of the middle window rules the margin out with 80 % power, and four of five fake deploys really did. */
function isEnough({ runs, answered, reach, ruledOut }: OutlookCell, margin: Margin): boolean {
  const needed = margin.type === "relative" ? reach.relative : reach.absolute;
  const isMeasured = answered >= WANTED_SHARE * runs && (ruledOut ?? 0) >= WANTED_SHARE;
  return isMeasured && needed !== null && margin.value > 0 && needed.median <= margin.value;
}

function slisOf(fakes: readonly Fake[], key: Pick<FakeSli, "service" | "id">): FakeSli[] {
  const wanted = sliKey(key);
  return fakes.flatMap(({ slis }) => slis.filter((sli) => sliKey(sli) === wanted));
}
