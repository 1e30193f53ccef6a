import type { DesignRoute } from "./design.ts";
import { did } from "./did.ts";
import { its } from "./its.ts";
import { split } from "./split.ts";
import { staggered } from "./staggered.ts";
import { synthetic } from "./synthetic.ts";

/** Every design that can be run, in the order in which `auto` asks whether it suits; `did` is what remains. */
export const DESIGN_ROUTES: readonly DesignRoute[] = [
  // one per line
  split,
  staggered,
  its,
  synthetic,
  did,
];
