import { type Check, result } from "./check.ts";

/** A pull request that changes the rules it is judged by is judged by the old ones, and the reader is told. */
export const configDrift: Check = {
  id: "config-drift",
  question: "Did this change also change the rules it is judged by?",
  run({ plan }) {
    if (plan.configChanged === null) return null;
    return result("config-drift", !plan.configChanged, {}, {});
  },
};
