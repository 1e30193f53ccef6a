import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";

const FIT_PANEL = path.join(import.meta.dirname, "..", "data", "fit-panel.R");

/** What data/fit-panel.R prints. */
export interface CollapseFigures {
  readonly milliseconds: readonly number[];
  readonly estimate: number;
  readonly peakBytes: number;
  /** `fhdwithin` where fixest is installed, else `fwithin` in turns. */
  readonly demeaning: string;
  readonly version: string;
  readonly r: string;
}

/** Null when R or its package collapse is not installed. */
export async function collapseInstalled(): Promise<boolean> {
  try {
    await promisify(execFile)("Rscript", ["-e", "packageVersion('collapse')"]);
    return true;
  } catch {
    return false;
  }
}

/** Says what is missing, and what the benchmark does without it. */
export const WITHOUT_R =
  "R with its package collapse is not installed (Debian: `apt-get install r-cran-collapse`), so only our own figures are shown.";

export async function fitWithCollapse(file: string, runs: number): Promise<CollapseFigures> {
  const { stdout } = await promisify(execFile)("Rscript", [FIT_PANEL, file, String(runs)]);
  return JSON.parse(stdout) as CollapseFigures;
}
