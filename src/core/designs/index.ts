import type { DesignRoute } from "./design.ts";
import { did } from "./did.ts";

/** Every design that can be run, in the order in which `auto` asks whether it suits; `did` is what remains. */
export const DESIGN_ROUTES: readonly DesignRoute[] = [
  // one per line
  did,
];
