import type { Design } from "../plan.ts";
import type { DesignRoute } from "./design.ts";
import { did } from "./did.ts";
import { its } from "./its.ts";
import { split } from "./split.ts";
import { staggered } from "./staggered.ts";
import { synthetic } from "./synthetic.ts";

/** Every design, in the order in which `auto` asks whether it suits; `did` is what remains. */
export const DESIGN_ROUTES: Readonly<Record<Design, DesignRoute>> = {
  // one per line
  split,
  staggered,
  its,
  synthetic,
  did,
};
